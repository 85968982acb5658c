/** What stands where a secret was. */
export const MASK = "***";

/** A text without what is secret in its URLs: users with their passwords, tokens in the query, the tokens of Telegram's bots. */
export function hideCredentials(text: string): string {
  if (!/[:/]|%3a/i.test(text)) return text;
  return text
    .replace(/(:\\{0,8}\/\\{0,8}\/)[^\s/?#@"'<>\\]{1,1000}@/g, `$1${MASK}@`)
    .replace(
      /([?&;][\w.-]{0,40}(?:token|key|secret|passwd|password|pwd|signature|sig|auth|authorization|credential|credentials)=)[^&#\s"'<>\\]{1,4000}/gi,
      `$1${MASK}`,
    )
    .replace(/\/bot\d{1,20}(?::|%3a)[\w-]{1,200}/gi, `/bot${MASK}`);
}

/** Whether JSON may hold links with something secret in them; false when it surely does not. */
export function mayHoldCredentials(json: string): boolean {
  return json.includes(":") && json.includes("/") && /[@=]|\/bot\d|\\u00/i.test(json);
}

/** What is secret about a proxy: its password, wherever it is written, and those that this process was started with. */
export function proxySecrets(proxy?: { url: string; password?: string }, env = process.env): string[] {
  const names = ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  const urls = [proxy?.url, ...names.map((name) => env[name])];
  return [proxy?.password, ...urls.map((url) => url && passwordOf(url))].filter((secret) => secret !== undefined);
}

/** The password in a URL; undefined where there is none. */
function passwordOf(url: string): string | undefined {
  const text = url.includes("://") ? url : `http://${url}`;
  if (!URL.canParse(text)) return undefined;
  const { password } = new URL(text);
  try {
    return decodeURIComponent(password) || undefined;
  } catch {
    return password;
  }
}
