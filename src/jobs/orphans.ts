import type { WorkItem } from "./work-item";
import type { WorkStore } from "./work-store";

/** Days after which work is given up whose node is gone. */
export const ORPHAN_DAYS = 14;

/**
 * Gives up old work that no node will do. Work is never given up by the clock alone, which may have been wrong: only when
 * no node is there to do it, either.
 * @param onOrphans told of what is given up, if there is any
 */
export function dropOrphans(
  workStore: WorkStore,
  { nodeExists, onOrphans }: { nodeExists(id: string): boolean; onOrphans(items: WorkItem[]): void },
): void {
  const oldest = Date.now() - ORPHAN_DAYS * 24 * 3_600_000;
  const orphans = workStore
    .entries()
    .filter(({ message, began, node }) => message && began < oldest && !nodeExists(node));
  if (orphans.length === 0) return;
  onOrphans(orphans);
  for (const item of orphans) void workStore.finish(item);
}
