import Ajv, { type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { messagesOf } from "./messages";
import { CREATE_SCHEMA, LIST_SCHEMA, UPLOAD_SCHEMA } from "./schema";

/** True for an absolute http or https address. */
function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** A validator that goes on after the first fault and knows the API's own formats. */
function ajv(options: object = {}): Ajv {
  const validator = new Ajv({ allErrors: true, strictTypes: false, strictRequired: false, ...options });
  addFormats(validator, ["date", "iso-date-time"]);
  validator.addFormat("http-url", isHttpUrl);
  validator.addKeyword({
    keyword: "stringified",
    type: "object",
    schemaType: "number",
    validate: (limit: number, value: unknown) => JSON.stringify(value).length <= limit,
  });
  return validator;
}

const strict = ajv().compile(CREATE_SCHEMA);
const lenient = ajv({ removeAdditional: true }).compile(CREATE_SCHEMA);
const upload = ajv().compile(UPLOAD_SCHEMA);
const list = ajv({ coerceTypes: "array", useDefaults: true }).compile(LIST_SCHEMA);

/** Options of one job, checked: the API's names and values. */
export type JobOptions = { audio_url: string; custom_metadata?: Record<string, unknown> } & Record<string, unknown>;

/** Query of a list route, checked and converted. */
export interface ListQuery {
  offset: number;
  limit: number;
  date?: string;
  before_date?: string;
  after_date?: string;
  status?: string[];
  kind?: string[];
}

/** A value that passed, or every fault found in it. */
type Checked<T> = { value: T; faults?: never } | { value?: never; faults: string[] };

function check<T>(validate: ValidateFunction, input: unknown): Checked<T> {
  if (validate(input)) return { value: input as T };
  return { faults: messagesOf(validate.errors ?? []) };
}

/**
 * Checks the body of a create request.
 * @param body what the client sent
 * @param rules `unknownFields`: whether fields the API does not have are faults or dropped;
 *   `languages`: those the recogniser knows, or `any`
 * @returns the options, or all faults at once
 */
export function checkCreate(
  body: unknown,
  rules: { unknownFields: "reject" | "ignore"; languages: string[] | "any" },
): Checked<JobOptions> {
  const checked = check<JobOptions>(
    rules.unknownFields === "ignore" ? lenient : strict,
    body === undefined ? {} : structuredClone(body),
  );
  const asked = (body as { language_config?: { languages?: unknown } } | undefined)?.language_config?.languages;
  const { languages } = rules;
  if (languages === "any" || !Array.isArray(asked) || asked.length === 0) return checked;
  if (asked.some((code) => languages.includes(code))) return checked;
  return {
    faults: [
      ...(checked.faults ?? []),
      `language_config.languages must contain one of the following values: ${languages.join(", ")} (the only ones the local engine understands)`,
    ],
  };
}

/**
 * Checks the JSON body of an upload.
 * @returns the address to fetch, or all faults at once
 */
export function checkUpload(body: unknown): Checked<{ audio_url: string }> {
  return check(upload, body === undefined ? {} : body);
}

/**
 * Checks the query of a list route; numbers come as text, `status` and `kind` once or repeated.
 * @returns the filters, or all faults at once
 */
export function checkList(query: Record<string, unknown>): Checked<ListQuery> {
  return check(list, { ...query });
}
