// Signing in to the console by OpenID Connect, at a real provider that runs here: a confidential and a public client,
// and everything that must not sign anybody in. The provider is at `localhost` and muster at 127.0.0.1, which are two
// sites for a browser, as they are in the world.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

const { MODULES, CHROMIUM, MUSTER } = process.env;
const require = createRequire(`${MODULES}/`);
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const CALLBACK = "/console/sign-in/oidc/callback";
const CONFIDENTIAL = { client_id: "muster", client_secret: "a secret: with + and %" };
const PUBLIC = { client_id: "muster-public", token_endpoint_auth_method: "none" };
const ACCOUNTS = {
  hr: { email: "HR@example.com", email_verified: true },
  unverified: { email: "hr@example.com", email_verified: false },
  silent: { email: "hr@example.com" },
  stranger: { email: "stranger@example.com", email_verified: true },
};

let browser;
let provider;
// One muster for each kind of client; the public one gets the address in the ID token, the other one has to ask for it.
const musters = {};

before(async () => {
  provider = await startProvider();
  musters.confidential = await startMuster(CONFIDENTIAL);
  musters.public = await startMuster(PUBLIC);
  const ready = Object.values(musters).map((muster) => `${muster.url}${CALLBACK}`);
  provider.clients.forEach((client) => client.redirect_uris.push(...ready));
  await provider.open();
  // The provider's own pages name fonts of somebody else; nothing here needs the network.
  const alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1";
  const args = ["--no-sandbox", "--disable-dev-shm-usage", alone];
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
});

after(async () => {
  await browser?.close();
  for (const muster of Object.values(musters)) await muster.stop();
  await provider?.close();
});

// The port first: musters are told of the provider before it knows where they are.
async function startProvider() {
  let handle = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => handle(request, response));
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const issuer = `http://localhost:${server.address().port}`;
  const clients = [CONFIDENTIAL, PUBLIC].map((client) => ({ ...client, redirect_uris: [] }));
  const open = async () => {
    const { Provider } = await import(pathToFileURL(join(MODULES, "oidc-provider/lib/index.js")).href);
    const instance = new Provider(issuer, {
      clients,
      claims: { email: ["email", "email_verified"] },
      features: { devInteractions: { enabled: true } },
      pkce: { required: () => true },
      cookies: { keys: ["only for this test"] },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...ACCOUNTS[id] }) }),
    });
    handle = instance.callback();
  };
  return { issuer, clients, open, close: () => server.close() };
}

async function startMuster({ client_id, client_secret = "" }) {
  const folder = mkdtempSync(join(tmpdir(), "muster-oidc-"));
  const env = {
    ...process.env, MUSTER_OIDC_ISSUER: provider.issuer, MUSTER_OIDC_CLIENT_ID: client_id,
    MUSTER_OIDC_CLIENT_SECRET: client_secret, MUSTER_OIDC_NAME: "Acme <ID>",
  };
  const child = spawn(MUSTER, ["--port", "0", "--data-dir", folder], { env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => { log += text; });
  const url = await new Promise((resolve, reject) => {
    let out = "";
    child.on("exit", () => reject(new Error(`muster did not start: ${log}`)));
    child.stdout.on("data", (text) => {
      out += text;
      const ready = /^muster is ready at (http:\S+)$/m.exec(out);
      if (ready) resolve(ready[1]);
    });
  });
  const run = (...args) => execFileSync(MUSTER, [...args, "--data-dir", folder], { encoding: "utf8", input: "" });
  run("admin", "create", "--email", "hr@example.com", "--without-password");
  const stop = async () => {
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  };
  return { url, run, stop, log: () => log };
}

async function open(muster, options = {}) {
  const context = await browser.newContext({ baseURL: muster.url, locale: "en", ...options });
  return context.newPage();
}

// What a person does, up to the provider's question whether muster may know the address.
async function identify(page, account) {
  await page.goto("/console/sign-in");
  await page.getByRole("link", { name: "Acme <ID>" }).click();
  await page.waitForURL(`${provider.issuer}/interaction/**`);
  await page.locator("input[name=login]").fill(account);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).waitFor();
}

async function signIn(page, account) {
  await identify(page, account);
  await page.getByRole("button", { name: "Continue" }).click();
}

// The way up to the address to which the provider leads back, without going there. Playwright's own routes do not see
// where a redirect leads.
async function intercept(page, account) {
  await identify(page, account);
  const session = await page.context().newCDPSession(page);
  await session.send("Fetch.enable", { patterns: [{ urlPattern: `*${CALLBACK}?*` }] });
  const stopped = new Promise((resolve, reject) => {
    session.once("Fetch.requestPaused", ({ requestId, request }) => {
      session.send("Fetch.fulfillRequest", { requestId, responseCode: 200 }).then(() => resolve(request.url), reject);
    });
  });
  await page.getByRole("button", { name: "Continue" }).click();
  const address = await stopped;
  await page.waitForURL(`**${CALLBACK}?*`);
  await session.detach();
  return address;
}

async function refused(page, title) {
  await page.getByRole("heading", { name: title }).waitFor();
  await page.goto("/console/credentials");
  await page.waitForURL("**/console/sign-in");
}

async function inspect(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id }) => id), []);
}

for (const kind of ["confidential", "public"]) {
  test(`an administrator signs in, with muster as a ${kind} client`, async () => {
    const muster = musters[kind];
    const page = await open(muster);
    await signIn(page, "hr");
    await page.waitForURL("**/console/credentials");
    await page.locator(".who", { hasText: "hr@example.com" }).waitFor();
    const cookies = await page.context().cookies(muster.url);
    const session = cookies.find(({ name }) => name === "muster_session");
    assert.deepEqual([session.sameSite, session.httpOnly], ["Strict", true]);
    assert.ok(!cookies.some(({ name }) => name === "muster_oidc"), "the browser forgets what it kept meanwhile");
    const entries = muster.run("audit", "--json");
    assert.match(entries, /GET \/console\/sign-in\/oidc\/callback|"\/console\/sign-in\/oidc\/callback"/);
    await page.context().close();
  });
}

test("an account without an administrator, or with an address that is not verified, sees one and the same page", async () => {
  const pages = [];
  for (const account of ["stranger", "unverified", "silent"]) {
    const page = await open(musters.confidential);
    await signIn(page, account);
    await page.getByRole("heading", { name: "No access" }).waitFor();
    await inspect(page);
    pages.push(await page.locator("main").innerHTML());
    await page.goto("/console/credentials");
    await page.waitForURL("**/console/sign-in");
    await page.context().close();
  }
  assert.equal(new Set(pages).size, 1);
  assert.match(musters.confidential.run("audit", "--outcome", "refused"), /\/console\/sign-in\/oidc\/callback/);
});

test("a callback works once", async () => {
  const page = await open(musters.confidential);
  const address = await intercept(page, "hr");
  const [one, other] = await Promise.all([page.request.get(address), page.request.get(address)]);
  assert.deepEqual([one.status(), other.status()].sort(), [200, 403]);
  const again = await page.goto(address);
  assert.equal(again.status(), 403);
  await page.getByRole("heading", { name: "This sign-in cannot be finished" }).waitFor();
  await inspect(page);
  await page.context().close();
});

test("another state, or none, ends nothing", async () => {
  const page = await open(musters.confidential);
  const address = new URL(await intercept(page, "hr"));
  const state = address.searchParams.get("state");
  for (const changed of [`${state.slice(0, -1)}${state.endsWith("A") ? "B" : "A"}`, "", "x".repeat(5000)]) {
    const tampered = new URL(address);
    tampered.searchParams.set("state", changed);
    await page.goto(tampered.href);
    await page.getByRole("heading", { name: "This sign-in cannot be finished" }).waitFor();
  }
  // And the browser can still end what it began.
  await page.goto(address.href);
  await page.waitForURL("**/console/credentials");
  await page.context().close();
});

test("a callback in another browser signs nobody in, and leaves it to the browser that began", async () => {
  const page = await open(musters.confidential);
  const address = await intercept(page, "hr");
  const without = await open(musters.confidential);
  await without.goto(address);
  await refused(without, "This sign-in cannot be finished");
  const between = await open(musters.confidential);
  await identify(between, "hr");
  await between.goto(address);
  await refused(between, "This sign-in cannot be finished");
  await page.goto(address);
  await page.waitForURL("**/console/credentials");
  for (const one of [page, without, between]) await one.context().close();
});

test("another issuer's answer is not taken", async () => {
  const page = await open(musters.confidential);
  const address = new URL(await intercept(page, "hr"));
  assert.equal(address.searchParams.get("iss"), provider.issuer);
  address.searchParams.set("iss", "https://evil.example");
  await page.goto(address.href);
  await refused(page, "The sign-in could not be verified");
  await page.context().close();
});

test("who cancels is told so, in each language", async () => {
  for (const [locale, title] of [
    ["en", "You were not signed in"], ["de", "Sie wurden nicht angemeldet"], ["fr", "Vous n’avez pas été connecté"],
  ]) {
    const page = await open(musters.confidential, { locale });
    await identify(page, "hr");
    await page.getByRole("link", { name: /cancel/i }).click();
    await page.waitForURL(`**${CALLBACK}?*`);
    assert.equal(new URL(page.url()).searchParams.get("error"), "access_denied");
    await inspect(page);
    await refused(page, title);
    await page.context().close();
  }
});

test("neither the secret, nor a code, nor an address is logged", () => {
  for (const { log } of Object.values(musters)) {
    assert.match(log(), /\/console\/sign-in\/oidc\/callback/);
    for (const secret of [CONFIDENTIAL.client_secret, "example.com", "code=", "state=", "eyJ"]) {
      assert.ok(!log().includes(secret), `${secret} is in the log`);
    }
  }
});
