import Ajv, { type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { LIVE_QUERY_SCHEMA, LIVE_SCHEMA } from "./live-schema";
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

/** The validators of a request's body: one that refuses what the API does not have, one that drops it. */
const both = (schema: object) => ({
  reject: ajv().compile(schema),
  ignore: ajv({ removeAdditional: true }).compile(schema),
});

const create = both(CREATE_SCHEMA);
const live = both(LIVE_SCHEMA);
const liveQuery = ajv().compile(LIVE_QUERY_SCHEMA);
const upload = ajv().compile(UPLOAD_SCHEMA);
const list = ajv({ coerceTypes: "array", useDefaults: true }).compile(LIST_SCHEMA);

/** Options of one job, checked: the API's names and values. */
export type JobOptions = { audio_url: string; custom_metadata?: Record<string, unknown> } & Record<string, unknown>;

/** Options of one live session, checked: the API's names and values. */
export interface LiveRequest {
  encoding?: "wav/pcm" | "wav/alaw" | "wav/ulaw";
  bit_depth?: 8 | 16 | 24 | 32;
  sample_rate?: number;
  channels?: number;
  endpointing?: number;
  maximum_duration_without_endpointing?: number;
  custom_metadata?: Record<string, unknown>;
  language_config?: { languages?: string[]; code_switching?: boolean };
  realtime_processing?: Record<string, unknown>;
  post_processing?: Record<string, unknown>;
  messages_config?: Record<string, boolean>;
  callback?: boolean;
  callback_config?: { url: string } & Record<string, unknown>;
}

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

/** What the checks of a request go by. */
interface Rules {
  /** whether fields the API does not have are faults or dropped */
  unknownFields: "reject" | "ignore";
  /** codes of the languages the recogniser knows, or `any` */
  languages: string[] | "any";
}

/** Checks a request's body against its schema and against the languages that are known here. */
function checkBody<T>(validators: typeof create, body: unknown, { unknownFields, languages }: Rules): Checked<T> {
  const checked = check<T>(validators[unknownFields], body === undefined ? {} : structuredClone(body));
  const asked = (body as { language_config?: { languages?: unknown } } | null | undefined)?.language_config?.languages;
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
 * Checks the body of a create request.
 * @param body what the client sent
 * @returns the options, or all faults at once
 */
export function checkCreate(body: unknown, rules: Rules): Checked<JobOptions> {
  return checkBody(create, body, rules);
}

/**
 * Checks a request for a live session.
 * @param body what the client sent
 * @param query of its address, where the region stands
 * @returns the options, or all faults at once
 */
export function checkLive(body: unknown, query: unknown, rules: Rules): Checked<LiveRequest> {
  const { value, faults = [] } = checkBody<LiveRequest>(live, body, rules);
  const found = [...(check(liveQuery, query).faults ?? []), ...faults];
  return value === undefined || found.length > 0 ? { faults: found } : { value };
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
