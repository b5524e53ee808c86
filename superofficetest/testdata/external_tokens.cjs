// Saves an external token and reads it back with the vendor's client.
// Usage: node external_tokens.cjs <base URL> <headers as JSON>
// Prints what the client made of the answers, as one JSON object.
"use strict";

const { WebApi } = require("@superoffice/webapi");

async function main([baseUrl, headers]) {
  const api = new WebApi({ baseUrl, axiosConfig: { headers: JSON.parse(headers) } });
  const agent = api.getUserAgent();
  const key = await agent.saveExternalTokensAsync({
    provider: "vendor",
    accessToken: "a & b",
    refreshToken: "på nytt",
    claims: '{"sub":"1"}',
  });
  const unresolved = await agent.getExternalTokensAsync(key);
  const resolved = await agent.getExternalTokensAsync({ key }, { languageCode: "no", timezone: "UTC", timezoneInclude: true });
  const missing = await agent.getExternalTokensAsync("missing");
  let refusal;
  try {
    await agent.getExternalTokensAsync("");
  } catch (error) {
    refusal = { status: error.response.status, ...error.response.data };
  }
  console.log(JSON.stringify({ key, unresolved, resolved, missing, refusal }));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
