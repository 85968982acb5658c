// Installs the nodes of others that the recipes use into test/recipes, where they are not yet: node scripts/recipe-nodes.mjs
// They lie apart from the project's own packages, since Node-RED loads every node that lies beside it, and nobody's start is
// to wait for these. Where they cannot be had, the recipes' tests say so and skip.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";

const folder = join(import.meta.dirname, "..", "test", "recipes");
// What was broken off on the way has no such file.
const done = join(folder, "node_modules", ".package-lock.json");

if (!existsSync(done)) {
  process.stdout.write("Installing the nodes of others for the tests of the recipes ...\n");
  const began = Date.now();
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stderr } = spawnSync("npm", args, {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
    // A database that the recipes' tests write a few rows into need not be fast, and to optimise it takes a minute.
    env: { ...process.env, CFLAGS: "-O0", CXXFLAGS: "-O0" },
  });
  if (status === 0) {
    process.stdout.write(`Installed in ${Math.round((Date.now() - began) / 1000)} s.\n`);
  } else {
    process.stdout.write(`They could not be installed, so the tests of the recipes are skipped: ${stderr}\n`);
    // An incomplete folder would be taken for a whole one.
    const broken = join(folder, "node_modules");
    const aside = `${broken}.broken`;
    if (existsSync(broken)) {
      await rm(aside, { recursive: true, force: true });
      await rename(broken, aside);
      await rm(aside, { recursive: true, force: true });
    }
  }
}
