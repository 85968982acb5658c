// A Node-RED context store for the tests: a file for each value in the folder `config.folder`. Whoever writes hears of it
// after `config.delay` milliseconds, in the middle of which the file is there.
const { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

module.exports = ({ folder, delay }) => {
  const read = (name) => {
    try {
      return JSON.parse(readFileSync(join(folder, name), "utf8"));
    } catch (error) {
      if (error.code === "ENOENT") return undefined;
      throw error;
    }
  };
  const write = (name, value) => {
    const file = join(folder, name);
    if (value === undefined) return rmSync(file, { force: true });
    writeFileSync(`${file}.new`, JSON.stringify(value));
    renameSync(`${file}.new`, file);
  };
  return {
    open: async () => mkdirSync(folder, { recursive: true }),
    close: async () => {},
    get: (_scope, name, answer) => setImmediate(answer, null, read(name)),
    set: (_scope, name, value, answer = () => {}) => {
      const text = value === undefined ? undefined : structuredClone(value);
      setTimeout(() => {
        write(name, text);
        setTimeout(answer, delay / 2);
      }, delay / 2);
    },
    keys: (_scope, answer) =>
      setImmediate(
        answer,
        null,
        readdirSync(folder).filter((name) => !name.endsWith(".new")),
      ),
    delete: async () => {},
    clean: async () => {},
  };
};
