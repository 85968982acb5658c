/** What is used of fft.js, which has no types of its own. Complex arrays hold real and imaginary parts in turn. */
declare module "fft.js" {
  class FFT {
    /** @param size of a transform, a power of two */
    constructor(size: number);
    createComplexArray(): number[];
    /** Fills the first half of the spectrum. */
    realTransform(out: number[], samples: ArrayLike<number>): void;
    /** Fills the second half from the first. */
    completeSpectrum(spectrum: number[]): void;
    inverseTransform(out: number[], spectrum: number[]): void;
  }
  export = FFT;
}
