// The console in a real browser: what the article shows, in each language, light and dark, narrow and wide; with the
// keyboard alone; without a script; and then the credential that was created there, in the hands of an HTTP client.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const { MODULES, CHROMIUM, MUSTER, DATA, BASE_URL, SCREENSHOTS, VARIANTS } = process.env;
const require = createRequire(`${MODULES}/`);
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const NARROW = { width: 360, height: 740 };
const WIDE = { width: 1440, height: 900 };

// The words that a reader of the article looks for, in each language.
const WORDS = {
  en: {
    trail: ["Settings", "Integrations", "API credentials"], generate: "Generate new credential",
    add: "Add new credential", name: "Name", integration: "Integration", other: "Other", read: "Read", write: "Write",
    resources: ["Employees", "Attendances", "Absences", "Documents", "Custom reports"],
    created: "The credential was created", noName: "The name is required.", noScope: "Tick at least one box.",
    signIn: "Sign in", cancel: "Cancel",
  },
  de: {
    trail: ["Einstellungen", "Integrationen", "API-Zugangsdaten"], generate: "Neue Zugangsdaten generieren",
    add: "Neue Zugangsdaten hinzufügen", name: "Name", integration: "Integration", other: "Andere", read: "Lesen",
    write: "Schreiben",
    resources: ["Mitarbeitende", "Anwesenheiten", "Abwesenheiten", "Dokumente", "Individuelle Berichte"],
    created: "Die Zugangsdaten wurden erstellt", noName: "Der Name fehlt.",
    noScope: "Kreuzen Sie mindestens ein Kästchen an.", signIn: "Anmelden", cancel: "Abbrechen",
  },
  fr: {
    trail: ["Paramètres", "Intégrations", "Identifiants API"], generate: "Générer un nouvel identifiant",
    add: "Ajouter un nouvel identifiant", name: "Nom", integration: "Intégration", other: "Autre", read: "Lire",
    write: "Écrire", resources: ["Employés", "Présences", "Absences", "Documents", "Rapports personnalisés"],
    created: "L’identifiant API a bien été créé", noName: "Le nom est obligatoire.",
    noScope: "Cochez au moins une case.", signIn: "Se connecter", cancel: "Annuler",
  },
};

let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
});

after(() => browser?.close());

function link() {
  const args = ["admin", "link", "--data-dir", DATA, "--url", BASE_URL];
  return execFileSync(MUSTER, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

// A browser of its own, with what its console complained of.
async function open({ locale = "en", colorScheme = "light", viewport = WIDE, javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({
    locale, colorScheme, viewport, javaScriptEnabled, baseURL: BASE_URL, reducedMotion: "reduce",
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    // A refused form is a 422, which the browser calls an error as well.
    if (message.type() === "error" && !message.text().includes("422")) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  return page;
}

async function signedIn(options) {
  const page = await open(options);
  await page.goto(link());
  await page.locator("main button").click();
  await page.waitForURL("**/console/credentials");
  return page;
}

// No violation of any rule, and nothing that has to be scrolled sideways.
async function inspect(page, what) {
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ").slice(0, 400)}`);
  assert.deepEqual(found, [], `${what} has violations`);
  const [wanted, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wanted <= there, `${what} is ${wanted} wide and has ${there}`);
  assert.deepEqual(page.complaints, [], `${what}: the browser complains`);
}

// Those of the documentation go to one folder, those of each language, color and size to another.
async function picture(page, name) {
  const folder = name.startsWith("console-") ? SCREENSHOTS : VARIANTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 85 });
  writeFileSync(`${folder}/${name}.webp`, Buffer.from(data, "base64"));
}

function box(page, resource, action) {
  return page.getByRole("group", { name: resource, exact: true }).getByRole("checkbox", { name: action, exact: true });
}

// First, while nothing else is in the lists.
test("the pictures of the documentation", { skip: !SCREENSHOTS && "no SCREENSHOTS" }, async () => {
  const page = await signedIn();
  for (const [name, integration] of [["Anniversaries in chat", "ms-teams"], ["Payslips", "pento"]]) {
    await page.goto("/console/credentials/new");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
    await page.getByLabel("Integration", { exact: true }).selectOption(integration);
    if (integration === "pento") await page.getByLabel("Expiry date (optional)").fill("2099-12-31");
    await page.getByRole("button", { name: "Generate new credential" }).click();
    const client_id = await page.locator("#client-id").inputValue();
    const client_secret = await page.locator("#client-secret").inputValue();
    const body = new URLSearchParams({ client_id, client_secret });
    const { data } = await (await fetch(`${BASE_URL}/v1/auth`, { method: "POST", body })).json();
    const headers = { Authorization: `Bearer ${data.token}` };
    await fetch(`${BASE_URL}/v1/company/employees?limit=10`, { headers });
    await fetch(`${BASE_URL}/v1/company/attendances/1`, { headers });
  }
  await page.goto("/console/credentials/new");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Time clock");
  await page.getByLabel("Integration", { exact: true }).selectOption("askdante");
  await page.evaluate(() => document.activeElement.blur());
  await picture(page, "console-panel");
  await page.getByRole("button", { name: "Generate new credential" }).click();
  await page.locator("#client-secret").waitFor();
  await picture(page, "console-secret");
  await page.getByRole("link", { name: "I have copied it" }).click();
  // What was used is written down beside the answers.
  await page.waitForTimeout(1000);
  await page.reload();
  await picture(page, "console-list");
  await page.goto("/console/record");
  await picture(page, "console-record");
  await page.context().close();
});

for (const [locale, words] of Object.entries(WORDS)) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of [["wide", WIDE], ["narrow", NARROW]]) {
      const variant = `${locale}-${colorScheme}-${size}`;
      test(`the flow of the article: ${variant}`, async () => {
        const page = await open({ locale, colorScheme, viewport });
        await page.goto(link());
        assert.equal(await page.locator("html").getAttribute("lang"), locale);
        await inspect(page, "the link's page");
        await picture(page, `link-${variant}`);
        await page.getByRole("button", { name: words.signIn, exact: true }).click();

        for (const step of words.trail) await page.locator(".trail", { hasText: step }).waitFor();
        await inspect(page, "the list");
        await page.getByRole("link", { name: words.generate }).click();

        await page.getByRole("dialog", { name: words.add }).waitFor();
        await inspect(page, "the panel");
        await page.getByRole("button", { name: words.generate }).click();
        const name = page.getByRole("textbox", { name: words.name, exact: true });
        assert.equal(await name.evaluate((field) => field === document.activeElement), true, "the first wrong field");
        const description = await name.getAttribute("aria-describedby");
        assert.equal((await page.locator(`#${description.split(" ")[0]}`).textContent()).trim(), words.noName);
        await page.getByText(words.noScope).waitFor();
        await inspect(page, "the panel with mistakes");
        await picture(page, `mistakes-${variant}`);

        await page.getByRole("link", { name: words.cancel }).click();
        await page.getByRole("link", { name: words.generate }).click();
        await name.fill(`Time clock ${variant}`);
        await page.getByLabel(words.integration, { exact: true }).selectOption("askdante");
        assert.ok(await box(page, words.resources[1], words.write).isChecked(), "the script ticks what is recommended");
        assert.ok(!(await box(page, words.resources[3], words.read).isChecked()));
        await box(page, words.resources[2], words.read).check();
        await box(page, words.resources[3], words.read).check();
        assert.ok(await page.locator('input[value="first_name"]').isVisible(), "attributes are offered");
        await inspect(page, "the panel filled in");
        await picture(page, `panel-${variant}`);
        await page.getByRole("button", { name: words.generate }).click();

        await page.getByRole("dialog", { name: words.created }).waitFor();
        const secret = await page.locator("#client-secret").inputValue();
        assert.match(secret, /^papi-/);
        await page.locator('[data-copy="client-secret"]').click();
        await page.waitForFunction(() => document.getElementById("copied").textContent !== "");
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
        await inspect(page, "the panel with the secret");
        await picture(page, `secret-${variant}`);
        await page.reload();
        assert.ok(!(await page.content()).includes(secret), "shown once");
        await inspect(page, "a credential's panel");
        await picture(page, `manage-${variant}`);

        await page.goto("/console/credentials");
        await inspect(page, "the list with credentials");
        await picture(page, `list-${variant}`);
        await page.goto("/console/record");
        await inspect(page, "the record");
        await picture(page, `record-${variant}`);
        await page.goto("/console/sign-in");
        await inspect(page, "the sign-in");
        await picture(page, `sign-in-${variant}`);
        await page.context().close();
      });
    }
  }
}

test("what was created is what a client can do", async () => {
  const page = await signedIn();
  await page.goto("/console/credentials/new");
  await page.getByLabel("Name", { exact: true }).fill("Anniversaries");
  await page.getByLabel("Integration", { exact: true }).selectOption("other");
  await box(page, "Employees", "Read").check();
  await page.locator('input[value="first_name"]').check();
  await page.locator('input[value="hire_date"]').check();
  await page.getByRole("button", { name: "Generate new credential" }).click();
  const client_id = await page.locator("#client-id").inputValue();
  const client_secret = await page.locator("#client-secret").inputValue();

  const login = (secret) =>
    fetch(`${BASE_URL}/v1/auth`, { method: "POST", body: new URLSearchParams({ client_id, client_secret: secret }) });
  const { data } = await (await login(client_secret)).json();
  const call = (path, init) =>
    fetch(`${BASE_URL}${path}`, { ...init, headers: { Authorization: `Bearer ${data.token}` } });
  const employees = await call("/v1/company/employees?limit=3");
  assert.equal(employees.status, 200);
  for (const employee of (await employees.json()).data) {
    assert.deepEqual(Object.keys(employee.attributes).sort(), ["first_name", "hire_date", "id"]);
  }
  const body = new URLSearchParams({ "employee[email]": "a@b.example" });
  for (const [path, init] of [
    ["/v1/company/employees", { method: "POST", body }],
    ["/v1/company/attendances?start_date=2026-01-01&end_date=2026-01-31"],
    ["/v1/company/time-offs"],
    ["/v1/company/documents"],
  ]) {
    assert.equal((await call(path, init)).status, 403, path);
  }

  await page.goto(`/console/credentials/${client_id}/rotate`);
  await inspect(page, "the panel for another secret");
  await page.getByLabel("How long the old secret still works").selectOption("0");
  await page.getByRole("button", { name: "Replace the secret" }).click();
  const rotated = await page.locator("#client-secret").inputValue();
  assert.equal((await login(client_secret)).status, 403);
  assert.equal((await login(rotated)).status, 200);

  await page.goto(`/console/credentials/${client_id}`);
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("status").filter({ hasText: "The credential is disabled." }).waitFor();
  await inspect(page, "the list with a notice");
  assert.equal((await login(rotated)).status, 403);
  await page.goto(`/console/credentials/${client_id}`);
  await page.getByRole("button", { name: "Enable" }).click();
  assert.equal((await login(rotated)).status, 200);
  await page.goto(`/console/record?credential=${client_id}&outcome=refused`);
  await page.getByRole("row").filter({ hasText: "/v1/company/documents" }).first().waitFor();

  await page.goto(`/console/credentials/${client_id}/remove`);
  await inspect(page, "the panel to remove it");
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("status").filter({ hasText: "The credential was removed." }).waitFor();
  assert.equal((await login(rotated)).status, 403);
  await page.context().close();
});

test("the keyboard alone suffices", async () => {
  const page = await open();
  await page.goto(link());
  // A browser gives the focus with the first picture of a page, which can come after it was loaded.
  const focus = (name) => page.waitForFunction((name) => document.activeElement.localName === name, name);
  await focus("button");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/console/credentials");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Generate new credential");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/console/credentials/new");
  await focus("input");
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Slack");
  await page.keyboard.press("Tab");
  const focused = () => page.evaluate(() => {
    const { outlineStyle } = getComputedStyle(document.activeElement);
    return { value: document.activeElement.value, outlined: outlineStyle !== "none" };
  });
  assert.deepEqual(await focused(), { value: "employees:read", outlined: true });
  for (let steps = 0; (await page.evaluate(() => document.activeElement.type)) !== "submit"; steps += 1) {
    assert.ok(steps < 80, "the button is not reached");
    assert.ok((await page.evaluate(() => document.activeElement.closest(".panel") !== null)), "focus left the panel");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "The credential was created" }).waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL("**/console/credentials");
  await page.getByRole("link", { name: "By keyboard" }).waitFor();
  await page.context().close();
});

test("without a script everything works but copying", async () => {
  const page = await signedIn({ javaScriptEnabled: false });
  await page.getByRole("link", { name: "Generate new credential" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Without a script");
  await page.getByLabel("Integration", { exact: true }).selectOption("pento");
  await page.getByRole("button", { name: "Tick what it needs" }).click();
  assert.ok(await box(page, "Documents", "Write").isChecked());
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Without a script");
  await page.getByRole("button", { name: "Generate new credential" }).click();
  await page.getByRole("dialog", { name: "The credential was created" }).waitFor();
  assert.match(await page.locator("#client-secret").inputValue(), /^papi-/);
  assert.equal(await page.locator("button[data-copy]").first().isVisible(), false);
  // Sent again by the browser: nothing is created twice.
  await page.reload();
  await page.getByText("This form was sent before").waitFor();
  assert.equal(await page.getByRole("link", { name: "Without a script" }).count(), 1);
  await page.getByRole("link", { name: "Without a script" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Without any script");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("link", { name: "Without any script" }).waitFor();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByText("You are signed out.").waitFor();
  await page.context().close();
});

test("another language is one press away, and is kept", async () => {
  const page = await signedIn();
  await page.getByRole("link", { name: "FR", exact: true }).click();
  await page.getByRole("heading", { name: "Identifiants API" }).waitFor();
  await page.goto("/console/credentials");
  await page.getByRole("heading", { name: "Identifiants API" }).waitFor();
  await page.context().close();
});
