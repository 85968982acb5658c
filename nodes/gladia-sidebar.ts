import type { NodeAPI } from "node-red";
import { serveJobs } from "./admin/jobs";

/** The part of the sidebar "Gladia" that runs in Node-RED: what it asks for. */
export default function (RED: NodeAPI): void {
  serveJobs(RED);
}
