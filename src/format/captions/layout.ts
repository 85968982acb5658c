/** How captions are laid out; lengths in characters as somebody counts them, times in seconds. */
export interface CaptionLayout {
  /** Characters of a line. */
  maxChars: number;
  /** Characters of a line with Chinese characters, kana or hangul in it. */
  maxCharsCjk: number;
  maxLines: number;
  /** A caption stays at least so long where the speech allows it. */
  minSeconds: number;
  maxSeconds: number;
  /** How fast people read: a caption stays longer than its speech where there is time. */
  charsPerSecond: number;
  /** Between two captions, so that the eye sees the change: two frames. */
  gap: number;
}

/** Common practice of subtitling, as the style guides of BBC and Netflix describe it. */
export const CAPTIONS: CaptionLayout = {
  maxChars: 42,
  maxCharsCjk: 16,
  maxLines: 2,
  minSeconds: 1,
  maxSeconds: 7,
  charsPerSecond: 17,
  gap: 0.083,
};

/** A layout from settings: what is missing is common practice, what cannot be is brought into bounds. */
export function layoutOf(settings: Partial<CaptionLayout>): CaptionLayout {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => Number.isFinite(value)));
  const layout = { ...CAPTIONS, ...given };
  const maxChars = Math.max(1, Math.floor(layout.maxChars));
  return {
    ...layout,
    maxChars,
    // Whoever chooses a length means it for their own language.
    maxCharsCjk: settings.maxCharsCjk ?? (settings.maxChars === undefined ? CAPTIONS.maxCharsCjk : maxChars),
    maxLines: Math.max(1, Math.floor(layout.maxLines)),
    minSeconds: Math.max(0, layout.minSeconds),
    maxSeconds: Math.max(0.2, layout.minSeconds, layout.maxSeconds),
  };
}
