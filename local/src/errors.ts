/** An answer other than success: its HTTP status, the text for people and, for bad options, every fault. */
export class ApiError extends Error {
  readonly validationErrors?: string[];
  readonly headers: Record<string, string>;

  constructor(
    readonly status: number,
    message: string,
    extra: { validationErrors?: string[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = "ApiError";
    if (extra.validationErrors !== undefined) this.validationErrors = extra.validationErrors;
    this.headers = extra.headers ?? {};
  }
}

/**
 * The error for options that did not pass.
 * @param faults one sentence per fault
 */
export function invalid(faults: string[]): ApiError {
  return new ApiError(400, "Invalid parameter(s). See validation_errors for more details.", {
    validationErrors: faults,
  });
}

/** The text of anything thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
