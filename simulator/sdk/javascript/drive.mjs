// Drives a simulated tenant with Microsoft's own JavaScript client: list, page, delta, create, patch, delete, batch.
//
//   GRAPH_URL=http://127.0.0.1:PORT GRAPH_TOKEN=… node drive.mjs
//
// Ends with code 1 at the first difference from what Graph would do.

import assert from "node:assert/strict";
import { BatchRequestContent, BatchResponseContent, Client, HTTPMessageHandler, PageIterator, RetryHandler } from "@microsoft/microsoft-graph-client";

const base = required("GRAPH_URL").replace(/\/$/, "");
const token = required("GRAPH_TOKEN");
const TAG = "String {6a1c7e3e-52a0-4a7b-9f53-0d6f1d1f5b11} Name sdkSource";
const IMMUTABLE = 'IdType="ImmutableId"';

function required(name) {
  const value = process.env[name];
  assert.ok(value, `set ${name}`);
  return value;
}

// Over plain http the client leaves the token out, so it goes in by a middleware of our own.
class Bearer {
  setNext(next) {
    this.next = next;
  }

  async execute(context) {
    context.options.headers = { ...context.options.headers, Authorization: `Bearer ${token}` };
    await this.next.execute(context);
  }
}

function connect() {
  const chain = [new Bearer(), new RetryHandler(), new HTTPMessageHandler()];
  chain.reduce((before, after) => (before.setNext(after), after));
  return Client.initWithMiddleware({ baseUrl: `${base}/`, middleware: chain[0] });
}

// Absolute http links would be appended to the base.
const below = (link) => link.replace(`${base}/v1.0`, "");

async function listPeople(graph) {
  const first = await graph.api("/users").select("id,displayName").top(7).get();
  const people = [];
  let page = first;
  for (;;) {
    people.push(...page.value);
    if (!page["@odata.nextLink"]) break;
    page = await graph.api(below(page["@odata.nextLink"])).get();
  }
  assert.ok(people.length > 7, "the list has several pages");
  assert.equal(new Set(people.map((person) => person.id)).size, people.length);
  return people;
}

async function iteratePage(graph) {
  const first = await graph.api("/users").select("id").top(999).get();
  let seen = 0;
  await new PageIterator(graph, first, () => ++seen > 0).iterate();
  assert.equal(seen, first.value.length);
  return seen;
}

async function round(graph, path, prefer) {
  const entries = [];
  let page = await graph.api(path).header("Prefer", prefer).get();
  for (;;) {
    entries.push(...page.value);
    if (page["@odata.deltaLink"]) return { entries, link: below(page["@odata.deltaLink"]) };
    page = await graph.api(below(page["@odata.nextLink"])).header("Prefer", prefer).get();
  }
}

async function readDirectoryDelta(graph, count) {
  const first = await round(graph, "/users/delta?$select=displayName", "odata.maxpagesize=5");
  assert.equal(first.entries.length, count);
  const second = await round(graph, first.link, "odata.maxpagesize=5");
  assert.deepEqual(second.entries, []);
}

async function findMailbox(graph, people) {
  const groups = await graph.api("/groups").filter("displayName eq 'Wheelhouse mailboxes'").get();
  if (groups.value.length === 0) return people[0].id;
  const members = await graph.api(`/groups/${groups.value[0].id}/members`).select("id").get();
  return members.value[0].id;
}

async function workOnContacts(graph, user) {
  const folder = await graph.api(`/users/${user}/contactFolders`).post({ displayName: "SDK drive" });
  const path = `/users/${user}/contactFolders/${folder.id}/contacts`;
  const made = await graph.api(path).header("Prefer", IMMUTABLE).post({
    givenName: "Zoë",
    surname: "O'Neill",
    emailAddresses: [{ address: "zoe@sdk.example", name: "Zoë" }],
    singleValueExtendedProperties: [{ id: TAG, value: "1" }],
  });
  assert.equal(made.displayName, "Zoë O'Neill");
  const patched = await graph.api(`${path}/${made.id}`).header("Prefer", IMMUTABLE).patch({ jobTitle: "Wheelwright", surname: "Kos", displayName: "Zoë Kos" });
  assert.equal(patched.jobTitle, "Wheelwright");
  assert.notEqual(patched.changeKey, made.changeKey);
  const tagged = await graph.api(path).filter(`singleValueExtendedProperties/Any(ep: ep/id eq '${TAG}' and ep/value eq '1')`)
    .expand(`singleValueExtendedProperties($filter=id eq '${TAG}')`).get();
  assert.deepEqual(tagged.value[0].singleValueExtendedProperties, [{ id: TAG, value: "1" }]);
  return { folder: folder.id, path, contact: made.id };
}

async function sendBatch(graph, path) {
  // The client takes the host off these addresses, and the version must not be in them.
  const request = (n) => new Request(`${base}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Prefer: IMMUTABLE },
    body: JSON.stringify({ givenName: `Batch ${n}` }),
  });
  const steps = Array.from({ length: 20 }, (_, n) => ({ id: String(n + 1), request: request(n) }));
  assert.throws(() => new BatchRequestContent([...steps, { id: "21", request: request(21) }]));
  const content = await new BatchRequestContent(steps).getContent();
  const answers = new BatchResponseContent(await graph.api("/$batch").post(content));
  for (const { id } of steps) assert.equal(answers.getResponseById(id).status, 201);
}

async function readContactsDelta(graph, { path, contact }) {
  const prefer = `odata.maxpagesize=6, ${IMMUTABLE}`;
  const first = await round(graph, `${path}/delta`, prefer);
  assert.equal(first.entries.length, 21);
  await graph.api(`${path}/${contact}`).delete();
  const second = await round(graph, first.link, prefer);
  assert.deepEqual(second.entries.map((entry) => [entry.id, entry["@removed"]?.reason]), [[contact, "deleted"]]);
}

async function workOnEvents(graph, user) {
  const calendar = await graph.api(`/users/${user}/calendars`).post({ name: "SDK drive", color: "lightTeal" });
  const path = `/users/${user}/calendars/${calendar.id}`;
  const at = (time) => ({ dateTime: `2027-03-05T${time}`, timeZone: "Europe/Vienna" });
  const master = await graph.api(`${path}/events`).header("Prefer", IMMUTABLE).post({
    subject: "Stand-up", start: at("09:00:00"), end: at("09:15:00"), body: { contentType: "html", content: "<p>Zoë</p>" },
    recurrence: {
      pattern: { type: "weekly", interval: 1, daysOfWeek: ["friday"] },
      range: { type: "numbered", startDate: "2027-03-05", numberOfOccurrences: 5 },
    },
  });
  assert.equal(master.type, "seriesMaster");
  const one = (date) => graph.api(`/users/${user}/events/OID.${master.id}.${date}`).header("Prefer", IMMUTABLE);
  assert.equal((await one("2027-03-12").patch({ subject: "Retro" })).type, "exception");
  await one("2027-03-19").delete();
  const window = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z";
  const prefer = `odata.maxpagesize=2, outlook.timezone="Europe/Vienna", ${IMMUTABLE}`;
  const first = await round(graph, `${path}/calendarView/delta?${window}`, prefer);
  assert.deepEqual(first.entries.map((entry) => entry.type), ["seriesMaster", "occurrence", "exception", "occurrence", "occurrence"]);
  assert.deepEqual(new Set(first.entries.slice(1).map((entry) => entry.start.dateTime.slice(11, 16))), new Set(["09:00"]));
  await graph.api(`/users/${user}/events/${master.id}`).header("Prefer", IMMUTABLE).delete();
  const second = await round(graph, first.link, prefer);
  assert.deepEqual(second.entries.map((entry) => [entry.id, entry["@removed"]?.reason]), [[master.id, "deleted"]]);
  await graph.api(path).delete();
  return first.entries.length;
}

async function meetErrors(graph, { path, contact }) {
  await assert.rejects(graph.api(`${path}/${contact}`).delete(), { statusCode: 404, code: "ErrorItemNotFound" });
  await assert.rejects(graph.api(path).post({ surname: "Nobody" }), { statusCode: 400, code: "ErrorInvalidProperty" });
  await assert.rejects(graph.api("/users/nobody@sdk.example").get(), { statusCode: 404, code: "Request_ResourceNotFound" });
}

const graph = connect();
const people = await listPeople(graph);
await iteratePage(graph);
await readDirectoryDelta(graph, people.length);
const user = await findMailbox(graph, people);
const work = await workOnContacts(graph, user);
await sendBatch(graph, work.path);
await readContactsDelta(graph, work);
await meetErrors(graph, work);
const events = await workOnEvents(graph, user);
await graph.api(`/users/${user}/contactFolders/${work.folder}/permanentDelete`).post({});
console.log(`sdk=javascript people=${people.length} contacts=21 events=${events} differences=0`);
