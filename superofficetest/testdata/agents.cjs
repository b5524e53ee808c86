// Makes the calls that vendor_test.go compares, with the vendor's client.
// Usage: node agents.cjs <base URL> <headers as JSON>
// Prints what the client made of each answer, as one JSON object by name.
"use strict";

const { WebApi } = require("@superoffice/webapi");

// plain is a copy as JSON has it: bytes are base64, and nothing is null.
function plain(value) {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return Buffer.from(value).toString("base64");
  return value === undefined || value === "" ? null : JSON.parse(JSON.stringify(value));
}

async function main([baseUrl, headers]) {
  const api = new WebApi({ baseUrl, axiosConfig: { headers: JSON.parse(headers) } });
  const [contact, person, appointment, user, document_, archive, webhook, fields, workflow, list, blob] = [
    api.getContactAgent(), api.getPersonAgent(), api.getAppointmentAgent(), api.getUserAgent(), api.getDocumentAgent(), api.getArchiveAgent(),
    api.getWebhookAgent(), api.getUserDefinedFieldInfoAgent(), api.getWorkflowAgent(), api.getListAgent(), api.getBLOBAgent(),
  ];
  const results = {};
  const call = async (name, promise) => {
    const value = await promise;
    results[name] = plain(value);
    return value;
  };

  const company = await call("Contact/CreateDefaultContactEntity", contact.createDefaultContactEntityAsync());
  company.name = "Vendor's";
  const saved = await call("Contact/SaveContactEntity", contact.saveContactEntityAsync(company));
  await call("Contact/GetContactEntity", contact.getContactEntityAsync(saved.contactId));
  await call("Contact/GetContact", contact.getContactAsync(saved.contactId));
  await call("Contact/GetContactList", contact.getContactListAsync([saved.contactId, 7]));
  await call("Contact/IsNumberValid", contact.isNumberValidAsync(5, "a1"));
  await call("Contact/DeleteContactEntity", contact.deleteContactEntityAsync(saved.contactId));
  await call("Contact/GetDuplicateRules", contact.getDuplicateRulesAsync());
  await call("Person/CreateDefaultPersonEntity", person.createDefaultPersonEntityAsync());
  await call("Person/GetPersonList", person.getPersonListAsync([3, 4]));
  const meeting = await call("Appointment/CreateDefaultAppointmentEntity", appointment.createDefaultAppointmentEntityAsync());
  for (const span of ["alarmLeadTime", "lagTime", "leadTime"]) meeting[span] = undefined; // it sends no time spans that the server takes
  const met = await call("Appointment/SaveAppointmentEntity", appointment.saveAppointmentEntityAsync(meeting));
  await call("Appointment/GetAppointmentEntity", appointment.getAppointmentEntityAsync(met.appointmentId));
  await call("User/GetUser", user.getUserAsync(9));
  await call("Document/GetDocumentStream", document_.getDocumentStreamAsync(5));
  await call("Document/CreateTempFile", document_.createTempFileAsync("a.txt", new TextEncoder().encode("bytes").buffer));
  await call("Archive/GetArchiveListByColumns2", archive.getArchiveListByColumns2Async("contact", "name", "", "name begins 'a'", "", 0, 10));
  await call("Webhook/GetAllWebhooks", webhook.getAllWebhooksAsync("", "", "Active"));
  await call("UserDefinedFieldInfo/GetCustomFieldInfoList", fields.getCustomFieldInfoListAsync("contact", true));
  await call("Workflow/GetEmailFlow", workflow.getEmailFlowAsync(3));
  await call("List/GetAllCountries", list.getAllCountriesAsync(true));
  await call("BLOB/GetBlobEntity", blob.getBlobEntityAsync(4));
  console.log(JSON.stringify(results));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.response ? error.response.config.url + " " + JSON.stringify(error.response.data) : error);
  process.exit(1);
});
