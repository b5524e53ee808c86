// The work through the vendor's own TypeScript client, for ../table.
//
// Usage: node bench.cjs <base URL> <Authorization>
//
// The package is looked for where node looks: in NODE_PATH and in
// node_modules beside this file. The first line on stdout tells which versions
// run, or what is missing. Then each line on stdin, two numbers, asks for that
// many calls, so many of them at a time, and a line on stdout tells what they
// took.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");

const name = "@superoffice/webapi";

function say(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

function version() {
  const file = path.join(path.dirname(require.resolve(name)), "..", "..", "package.json");
  return JSON.parse(fs.readFileSync(file, "utf8")).version;
}

async function call(agent) {
  const info = await agent.getExternalTokensAsync("quos");
  if (info.provider !== "nesciunt" || !info.tableRight || info.fieldProperties.fieldName.fieldLength !== 721) {
    throw new Error("the answer is not the documented sample");
  }
}

async function work(agent, calls, atATime) {
  let left = calls;
  const worker = async () => {
    while (left-- > 0) {
      await call(agent);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

async function measure(agent, calls, atATime) {
  const cpu = process.cpuUsage();
  const started = process.hrtime.bigint();
  await work(agent, calls, atATime);
  const nanoseconds = Number(process.hrtime.bigint() - started);
  const { user, system } = process.cpuUsage(cpu);
  return { nanoseconds, cpuMicroseconds: user + system };
}

async function main([baseUrl, authorization]) {
  let WebApi;
  try {
    ({ WebApi } = require(name));
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    say({ missing: `the npm package ${name} is neither in NODE_PATH nor in bench/ts/node_modules` });
    return;
  }
  const api = new WebApi({ baseUrl, axiosConfig: { headers: { Authorization: authorization } } });
  const agent = api.getUserAgent();
  say({ node: process.version, client: version() });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    say(await measure(agent, ...line.split(" ").map(Number)));
  }
  process.exit(0); // without waiting for connections that are kept alive
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
