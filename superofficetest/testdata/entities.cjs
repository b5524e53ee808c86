// Makes the calls that vendor_entities_test.go compares, with the REST classes
// of the vendor's client.
// Usage: node entities.cjs <base URL> <headers as JSON>
// Prints what the client made of each answer, as one JSON object by name.
"use strict";

const { WebApi } = require("@superoffice/webapi");

// A text of each entity, and the time spans that the client sends in no form that
// the server takes.
const entities = {
  Contact: { text: "name" },
  Person: { text: "firstname" },
  Project: { text: "name" },
  Sale: { text: "heading" },
  Document: { text: "header" },
  Appointment: { text: "description", spans: ["alarmLeadTime", "lagTime", "leadTime"] },
};

function capital(name) {
  return name[0].toUpperCase() + name.slice(1);
}

async function main([baseUrl, headers]) {
  const api = new WebApi({ baseUrl, axiosConfig: { headers: JSON.parse(headers) } });
  const results = {};
  for (const [name, { text, spans = [] }] of Object.entries(entities)) {
    const rest = api[`get${name}RestApi`]();
    const id = name[0].toLowerCase() + name.slice(1) + "Id";
    const call = async (verb, promise) => {
      const value = await promise;
      results[`${name}.${verb}`] = value === undefined || value === "" ? null : JSON.parse(JSON.stringify(value));
      return value;
    };
    const fresh = await call("Default", rest.getDefaultAsync());
    fresh[text] = "Vendor's";
    for (const span of spans) fresh[span] = undefined;
    const made = await call("Create", rest.postAsync(fresh));
    const found = await call("Get", rest.getByIdAsync(made[id]));
    found[text] = "Changed";
    for (const span of spans) found[span] = undefined;
    await call("Replace", rest.putByIdAsync(made[id], found));
    await call("Patch", rest.patchByIdAsync(made[id], [{ op: "replace", path: `/${capital(text)}`, value: "Patched" }]));
    await call("Delete", rest.deleteByIdAsync(made[id]));
  }
  console.log(JSON.stringify(results));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.response ? error.response.config.url + " " + JSON.stringify(error.response.data) : error);
  process.exit(1);
});
