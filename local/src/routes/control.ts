import type { FastifyInstance } from "fastify";
import type { Control } from "../control";
import { ApiError, textOf } from "../errors";
import { checkFault, type Fault } from "../faults";
import { checkSocketFault, type SocketFault } from "../live/faults";
import type { Script } from "../scripts";
import type { Settings } from "../settings";

interface Orders {
  reset?: boolean;
  settings?: Partial<Settings>;
  faults?: Fault[];
  socketFaults?: SocketFault[];
  scripts?: Script[];
}

/** `/__control`: the engine's control for another process. */
export function controlRoutes(app: FastifyInstance, control: Control): void {
  app.get("/__control", async () => control.records());
  app.post("/__control", async (request) => {
    const { reset, settings = {}, faults = [], socketFaults = [], scripts = [] } = (request.body ?? {}) as Orders;
    try {
      faults.forEach(checkFault);
      socketFaults.forEach(checkSocketFault);
    } catch (error) {
      throw new ApiError(400, textOf(error));
    }
    if (reset === true) control.reset();
    Object.assign(control.settings, settings);
    for (const fault of faults) control.fault(fault);
    for (const fault of socketFaults) control.socketFault(fault);
    for (const script of scripts) control.script(script);
    return {};
  });
}
