import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import { translateError } from "../shared/texts";

export interface Route {
  method: "get" | "post" | "delete";
  path: string;
  /** The right that a user of the editor needs. */
  right: string;
  /**
   * How a failure is answered: by its HTTP status, or as `{ ok: false, ... }` with 200 to a dialog, whose user is told a
   * wrong setting as a result and not as an error of the page. What succeeds gets `ok: true` there.
   */
  failure: "status" | "ok";
}

/** Answers a request; undefined when it has written the response by itself. @throws GladiaError */
type Answer = (request: Request, response: Response) => Promise<object | undefined> | object;

/** Serves JSON to the editor. Whatever the request holds, it is answered, and no answer says more than an error's text. */
export function serveJson(RED: NodeAPI, { method, path, right, failure }: Route, answer: Answer): void {
  const asResult = failure === "ok";
  RED.httpAdmin[method](path, RED.auth.needsPermission(right), (request: Request, response: Response) => {
    response.set("cache-control", "no-store"); // transcripts are nothing for a proxy's cache
    Promise.resolve()
      .then(() => answer(request, response))
      .then((body) => body && response.json(asResult ? { ok: true, ...body } : body))
      .catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else if (asResult) response.json({ ok: false, ...tellError(RED, error) });
        else response.status(statusOf(error)).json(tellError(RED, error));
      });
  });
}

/** A failure as the editor gets it: a code and a text in the user's language. */
export function tellError(RED: NodeAPI, error: unknown): { code: string; message: string } {
  if (error instanceof GladiaError) return { code: error.code, message: translateError(RED, error).message };
  return { code: "error", message: error instanceof Error ? error.message : String(error) };
}

/** Never 401 or 403: the editor would ask its user to log in again, who cannot help it. */
function statusOf(error: unknown): number {
  const code = error instanceof GladiaError ? error.code : undefined;
  return code === "GLADIA_NOT_FOUND" ? 404 : code === "GLADIA_CONFIG" ? 409 : 502;
}

/**
 * Whether the user of a request that was let in has another right, too. Node-RED itself is asked, with a response that
 * goes nowhere, so that its rules hold whatever they are; it is asked only where the answer matters, since it notes a
 * refusal in its audit log.
 */
export function hasRight(RED: NodeAPI, request: Request, right: string): Promise<boolean> {
  return new Promise((resolve) => {
    const refused = {
      statusCode: 200,
      setHeader: () => refused,
      status: () => refused,
      end: () => {
        resolve(false);
        return refused;
      },
    };
    RED.auth.needsPermission(right)(request, refused as unknown as Response, (error?: unknown) => resolve(!error));
  });
}
