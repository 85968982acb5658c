// A Node-RED context store in Redis, for the tests: each value under a name of its own, so that several processes may
// share it. Its address is `config.url`.
const { Redis } = require("ioredis");

module.exports = (config) => {
  let redis;
  const name = (scope, key) => `${config.prefix ?? "context"}:${scope}:${key}`;
  const answered = (promise, answer) =>
    promise.then(
      (value) => answer(null, value),
      (error) => answer(error),
    );
  return {
    open: async () => {
      redis = new Redis(config.url, { lazyConnect: true });
      await redis.connect();
    },
    close: async () => redis.disconnect(),
    get: (scope, key, answer) =>
      answered(
        redis.get(name(scope, key)).then((text) => (text === null ? undefined : JSON.parse(text))),
        answer,
      ),
    set: (scope, key, value, answer = () => {}) =>
      answered(
        value === undefined ? redis.del(name(scope, key)) : redis.set(name(scope, key), JSON.stringify(value)),
        answer,
      ),
    keys: (scope, answer) =>
      answered(
        redis.keys(name(scope, "*")).then((keys) => keys.map((key) => key.slice(name(scope, "").length))),
        answer,
      ),
    delete: async () => {},
    clean: async () => {},
  };
};
