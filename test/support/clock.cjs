// Loaded before a program: its wall clock is wrong by so many days, as on a computer that has none of its own.
const wrong = Number(process.env.CLOCK_DAYS ?? 0) * 24 * 3_600_000;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + wrong);
    else super(...given);
  }
  static now() {
    return RealDate.now() + wrong;
  }
};
