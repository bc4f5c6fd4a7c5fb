// The page in the browser: draws what the server shows, and sends what is pressed.
// `element`, `trigger`, `props` and `watch` come from Gradio's HTML component.
// Pieces with the same data-key and the same words are left as they are: nothing flickers,
// nothing that was opened closes, and a screen reader hears each piece once.
const TAGS = new Set(("a abbr article aside b blockquote br button cite code dd details div dl dt em " +
  "fieldset figcaption figure footer form h1 h2 h3 h4 header i input kbd label legend li mark nav ol " +
  "option p progress q section select small span strong summary table tbody td textarea th thead time " +
  "tr ul svg g path circle line polyline rect text").split(" "));
const ATTRIBUTES = /^(class|id|title|lang|dir|role|type|name|value|for|open|min|max|required|rows|maxlength|placeholder|checked|selected|disabled|hidden|tabindex|autocomplete|spellcheck|multiple|accept|viewBox|d|cx|cy|r|x|y|x1|x2|y1|y2|rx|width|height|points|text-anchor|transform|focusable|scope|colspan|datetime|download|href|aria-[a-z]+|data-[a-z-]+)$/;

function clean(root) {
  for (const node of [...root.querySelectorAll("*")]) {
    if (!TAGS.has(node.localName)) { node.remove(); continue; }
    for (const { name, value } of [...node.attributes]) {
      const outside = name === "href" && !/^(\/(?!\/)|[?#]|tel:[+\d]+$)/.test(value);
      if (!ATTRIBUTES.test(name) || outside) node.removeAttribute(name);
    }
  }
}

const drawn = new WeakMap();
let torn = false;
const keyOf = (node, place) => node.dataset?.key || `${node.nodeName}:${place}`;

function patch(old, next) {
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const known = new Map([...old.children].map((child, place) => [keyOf(child, place), child]));
  let place = old.firstElementChild;
  [...next.children].forEach((wanted, number) => {
    const key = keyOf(wanted, number);
    const there = known.get(key);
    known.delete(key);
    if (wanted.hasAttribute("data-same")) {
      // the server takes it for drawn; where it is not, the page asks for the whole
      torn ||= !there;
      if (!there) return;
    } else if (there && wanted.hasAttribute("data-mine")) {
      // what a person is writing is theirs: it is never drawn over
      if (wanted.hasAttribute("data-saved")) kept(there, wanted.defaultValue);
    } else if (there && wanted.hasAttribute("data-patch") && there.hasAttribute("data-patch")) {
      patch(there, wanted);
    } else if (!there || drawn.get(there) !== wanted.outerHTML) {
      draw(wanted);
      if (there) carry(there, wanted);
      there ? there.replaceWith(wanted) : old.insertBefore(wanted, place);
      place = wanted.nextElementSibling;
      return;
    }
    if (there !== place) old.insertBefore(there, place);
    place = there.nextElementSibling;
  });
  for (const gone of known.values()) gone.remove();
}

function draw(node) {
  drawn.set(node, node.outerHTML);
  for (const inner of node.querySelectorAll("[data-key]")) drawn.set(inner, inner.outerHTML);
}

// what was being written in a piece that is drawn anew stays written
function carry(there, wanted) {
  for (const field of there.querySelectorAll("input:not([type=checkbox], [type=radio], [type=file]), textarea")) {
    if (!field.name || field.value === field.defaultValue) continue;
    const same = wanted.querySelector(`[name="${CSS.escape(field.name)}"]`);
    if (same?.defaultValue === field.defaultValue) same.value = field.value;
  }
}

// from now on, that text is what the server has; the box stays as it is
function kept(box, text) {
  const { value } = box;
  box.defaultValue = text;
  if (box.value !== value) box.value = value;
}

const find = (selector) => element.querySelector(selector);
const region = () => find(".tightrope");
const writing = () => find("#question");
let busy = false;
let drawer = false;
let asked = false;
let editing = null;
let judged = "";  // the turn whose thumb was pressed
let moved = false;  // to another conversation while an answer was coming
let pressed = 0;  // how often something was
let answered = 0;  // the latest of these that what is shown answers
let sent = { question: "", again: "" };

function show() {
  const shown = props.value;
  if (!shown || typeof shown.html !== "string") return;
  const holder = document.createElement("template");
  holder.innerHTML = `<div class="tightrope" data-patch>${shown.html}</div>`;
  clean(holder.content);
  if (elsewhere(shown, holder.content)) return passed(shown);
  answered = Math.max(answered, shown.press);
  const root = region();
  const stand = standing();
  arrived(shown);
  const before = place();
  const left = leave();
  patch(root, holder.content.firstElementChild);
  enter(left);
  busy = shown.busy;
  settle();
  document.documentElement.lang = shown.language;
  document.title = shown.title;
  const device = matchMedia("(prefers-color-scheme: dark)").matches;
  document.body.classList.toggle("dark", shown.theme === "system" ? device : shown.theme === "dark");
  stand();
  start();
  if (shown.address) history.replaceState(null, "", shown.address);
  if (shown.draft) putBack(shown.draft, sent.again);
  if (!begun) { begun = `written by ${shown.owner}`; putBack(sessionStorage.getItem(begun)); }
  document.activeElement?.closest?.("form[data-do=say]")?.scrollIntoView({ block: "nearest" });
  if (judged) find(`[data-key="${judged}"] .why`)?.scrollIntoView({ block: "nearest" });
  judged = "";
  if (torn) {
    torn = false;
    send("act", { do: "redraw", drawn: "" });
  }
  follow(asked || before !== place());
  asked &&= busy;
  say(shown.notice);
  save(shown.gift);
}

// whether its reader has gone elsewhere: what is pressed side by side may be answered in any order
function elsewhere(shown, next) {
  const other = location.search !== shown.address;
  if (shown.answering) return moved && other;
  const late = shown.press && shown.press < answered;
  return late && ((shown.address && other) || sheet(next) !== sheet());
}

const PRESSED = "button, summary, input, textarea, select, a";

// keeps the focus where a person pressed: on the same control, or else on the piece it stood in
function standing() {
  const root = region(), node = document.activeElement;
  if (!root.contains(node)) return () => {};
  const chain = (one) => {
    const keys = [];
    for (let at = one.closest("[data-key]"); at; at = at.parentElement.closest("[data-key]")) keys.push(at.dataset.key);
    return keys;
  };
  const name = (one) =>
    one.id || [...chain(one), one.localName, one.name, one.textContent, ...Object.values(one.dataset)].join("\n");
  const was = name(node), stood = chain(node);
  return () => {
    if (root.contains(document.activeElement)) return;
    let there = [...root.querySelectorAll(PRESSED)].find((one) => name(one) === was);
    for (const key of there ? [] : stood) {
      there ??= [...root.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
    }
    // what stands in something that has closed is reached by what opens it
    for (let shut = there; shut; shut = shut.parentElement.closest("details:not([open])")) {
      there = shut.matches("details") ? shut.querySelector("summary") : there;
    }
    if (there && !there.matches(PRESSED)) there.tabIndex = -1;
    there?.focus({ preventScroll: true });
  };
}


// a sheet that takes another's place begins at its top; one that is come back to, where it was left
const places = new Map();
const sheet = (root = element) => root.querySelector(".sheet[data-key]")?.dataset.key;

function leave() {
  const key = sheet();
  if (key) places.set(key, find("#content").scrollTop);
  return key;
}

function enter(left) {
  const key = sheet();
  if (left && key && left !== key) {
    find("#content").scrollTop = places.get(key) || 0;
    if (document.activeElement === document.body) find("#content").focus({ preventScroll: true });
  }
  const looked = find("[data-look]");
  if (!looked) return;
  looked.removeAttribute("data-look");
  const content = find("#content");  // and nothing around it, which would push the way to other pages out
  content.scrollTop += looked.getBoundingClientRect().top - content.getBoundingClientRect().top - 12;
}

// text that the server does not keep yet; blanks around it are nobody's work
const unsaved = () => [...element.querySelectorAll("[data-live]")].some((box) => box.value.trim() !== box.defaultValue.trim());

// where the work goes on, if not where one pressed
function start() {
  const there = find("[data-start]");
  there?.removeAttribute("data-start");
  there?.focus();
}

const TURNS = ":scope > :is(.turn, .spoken, .working)";

// which conversation is shown, and how far it has come
function place() {
  const log = find("[role=log]");
  return log && `${log.dataset.conversation} ${[...log.querySelectorAll(TURNS)].at(-1)?.dataset.key}`;
}

function follow(wanted) {
  const log = find("[role=log]");
  const turn = [...(log?.querySelectorAll(TURNS) || [])].at(-1);
  if (!wanted || !log) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  // a turn taller than the window stays where its question can be read
  const top = turn ? turn.offsetTop - 12 : 0;
  log.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
}

function settle() {
  const root = region();
  root.setAttribute("aria-busy", String(busy));
  find("[data-key=compose]")?.classList.toggle("busy", busy);
  find("[data-key=side]")?.classList.toggle("open", drawer);
  find("[data-local=drawer]")?.setAttribute("aria-expanded", String(drawer));
  find("[data-key=compose]")?.classList.toggle("editing", Boolean(editing));
  writing()?.setAttribute("aria-describedby", editing ? "editing" : "");
}

let said = 0;
function say(words, seconds = 6) {
  const place = find("#said");
  if (!place || !words) return;
  place.textContent = words;
  clearTimeout(said);
  said = setTimeout(() => { place.textContent = ""; }, 1000 * seconds);
}

function save(gift) {
  if (!gift) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([gift.text], { type: gift.type }));
  link.download = gift.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// whatever is sent is answered within a while, or the person is told; a question is its
// writer's until the server has shown it
let silence = 0;
let unanswered = () => {};
function expect(name) {
  clearTimeout(silence);
  unanswered = (words) => (name === "ask" ? giveBack(sent, words) : say(words || refusal(), 60));
  silence = setTimeout(unanswered, 15000);
}

// it has come: that it had not is no longer to be read
function heard() {
  clearTimeout(silence);
  const place = find("#said"), { lost } = find("[data-key=compose]")?.dataset || {};
  if ([refusal(), lost].includes(place.textContent)) place.textContent = "";
}

function giveBack({ question, again }, words) {
  busy = asked = false;
  settle();
  putBack(question, again);
  say(words || find("[data-key=compose]").dataset.lost, 60);
}

// what is refused before it begins is told at once: no answer to it would ever come
const REFUSED = { 401: "out", 413: "large", 429: "many", 503: "many" };
const refusal = (status) => find("#said").dataset[REFUSED[status] || "silent"];
const { fetch: reach } = window;
window.fetch = async (...request) => {
  const answer = await reach(...request);
  if (!answer.ok && new URL(answer.url).pathname.endsWith("/queue/join")) {
    clearTimeout(silence);
    unanswered(REFUSED[answer.status] && refusal(answer.status));
  }
  return answer;
};

function putBack(question, again) {
  if (!question || !writing() || writing().value) return;
  writing().value = question;
  if (again) editing = { turn: again, before: "" };
  grow();
  settle();
  remember(question);
}

// a begun question outlives a reload and a look at another page, in this tab, for this person
let begun = "";
function remember(question) {
  question ? sessionStorage.setItem(begun, question) : sessionStorage.removeItem(begun);
}

// an answer that comes while its reader looks elsewhere leaves them there; a lost question comes back
function passed(shown) {
  heard();
  say(shown.notice);
  save(shown.gift);
  if (shown.draft) putBack(shown.draft);
}

function arrived(shown) {
  if (find("#said")) heard();
  if (!shown.busy || !writing()) return;
  // it came after all: what was given back is not to be asked twice
  if (writing().value === sent.question) { writing().value = ""; editing = null; grow(); }
  remember(writing().value);
}

let pause = 0;
function send(name, data) {
  clearTimeout(pause);
  const conversation = find("[data-conversation]")?.dataset.conversation || "";
  expect(name);
  const marks = [...element.querySelectorAll("[data-mark]")].map((piece) => piece.dataset.mark);
  const searched = find("[data-searched]")?.dataset.searched || "";
  trigger(name, { conversation, searched, drawn: marks.join(" "), ...data, press: String(++pressed) });
}

function ask(question, again) {
  if (busy || !question.trim()) return;
  busy = asked = true;
  moved = false;
  editing = null;
  settle();
  sent = { question, again: again || "" };
  send("ask", sent);
  writing().value = "";
  grow();
  // the keyboard of a phone would cover the answer
  touched.matches ? writing().blur() : writing().focus();
}

const touched = matchMedia("(pointer: coarse)");

function leaveEdit() {
  if (!editing) return;
  writing().value = editing.before;
  editing = null;
  grow();
  settle();
}

function grow() {
  const box = writing();
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`;
}

function visible(node) {
  const copy = node.cloneNode(true);
  const away = "button, form, svg, .unseen, :not(.card, .labels) > details, details > :not(summary)";
  copy.querySelectorAll(away).forEach((part) => part.remove());
  // what is not on the screen has no lines: they are made here
  copy.querySelectorAll(".theme").forEach((part) => part.prepend(" · "));
  copy.querySelectorAll("br, p, h3, li, blockquote, .labels, .card > details > summary").forEach((part) => part.after("\n"));
  return copy.textContent.replace(/\n{3,}/g, "\n\n").trim();
}

async function copy(button, words) {
  try { await navigator.clipboard.writeText(words); } catch {
    const area = document.createElement("textarea");
    area.value = words;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  say(button.dataset.done);
}

const local = {
  copy: (button) => copy(button, button.parentElement.querySelector("blockquote").innerText),
  "copy-turn": (button) => copy(button, [...button.closest(".turn").querySelectorAll(":scope > :not(figure, .sent, .actions)")].map(visible).filter(Boolean).join("\n\n")),
  retry: (button) => ask(button.closest(".turn").querySelector(".asked p").innerText, button.dataset.turn),
  edit: (button) => {
    const box = writing();
    editing = { turn: button.dataset.turn, before: editing ? editing.before : box.value };
    box.value = button.closest(".turn").querySelector(".asked p").innerText;
    grow();
    settle();
    box.focus();
  },
  "leave-edit": () => { leaveEdit(); writing().focus(); },
  example: (button) => ask(button.innerText),
  drawer: () => {
    drawer = !drawer;
    settle();
    if (drawer) find("[data-key=side] button, [data-key=side] input")?.focus();
  },
  stop: () => {
    if (!find(".turn:has(> .working) .opening")) putBack(sent.question, sent.again);
    busy = false;
    settle();
    send("stop", {});
  },
};

async function upload(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  for (const file of form.elements.files.files) {
    say(`${file.name} …`);
    try {
      const answer = await fetch(`/api/import?${new URLSearchParams({ name: file.name })}`, { method: "POST", body: file });
      if (!answer.ok) throw answer.status;
    } catch (status) {
      const why = status === 413 ? form.dataset.failed : refusal(status);
      say(`${file.name}: ${why}`, 60);
      button.disabled = false;
      return;
    }
  }
  send("act", { do: "imported" });
}

function later(box) {
  clearTimeout(pause);
  pause = setTimeout(() => {
    if (box.isConnected) send("act", { ...filled(box.form), note: box.form.dataset.note, do: box.dataset.live });
  }, 800);
}

const filled = (form) =>
  Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string"));

element.addEventListener("click", (event) => {
  if (event.target.closest("a[href='/signout']")) sessionStorage.clear();
  const button = event.target.closest("button[data-local], button[data-do]");
  if (!button || !element.contains(button)) return;
  if (button.dataset.local) return local[button.dataset.local]?.(button);
  const { do: what, moment, ...values } = button.dataset;
  say(moment);
  if (what === "erase") sessionStorage.clear();
  if (what === "delete") moved = true;
  if (what === "opinion") judged = button.closest(".turn")?.dataset.key;
  if (what === "open" || what === "new") { drawer = false; moved = true; leaveEdit(); settle(); }
  if (what === "new") find("#words").value = "";
  send("act", { ...(button.form ? filled(button.form) : {}), ...values, do: what });
});

// the answer is followed until its reader moves
for (const moved of ["wheel", "touchmove", "pointerdown"]) {
  element.addEventListener(moved, () => { asked = false; }, { passive: true });
}

// a whole note is fetched when it is opened, with the passage marked in it
async function read(whole) {
  const place = whole.querySelector("div"), { note, quote } = whole.dataset;
  try {
    const answer = await fetch(`/api/notes/${encodeURIComponent(note)}?${new URLSearchParams({ quote })}`);
    if (!answer.ok) throw answer.status;
    const holder = document.createElement("template");
    holder.innerHTML = (await answer.json()).html;
    clean(holder.content);
    place.replaceChildren(holder.content);
    place.querySelector("mark")?.scrollIntoView({ block: "nearest" });
  } catch (status) { whole.open = false; say(refusal(status)); }
}
element.addEventListener("toggle", (event) => {
  const whole = event.target;
  if (whole.matches(".whole") && whole.open && !whole.querySelector("div").childElementCount) read(whole);
}, true);

element.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const values = filled(form);
  if (form.dataset.do === "upload") return upload(form);
  if (form.dataset.do === "ask") {
    return ask(values.question, editing?.turn);
  }
  const { do: what, key, ...fixed } = form.dataset;
  send("act", { do: what, ...fixed, ...values });
});

function escape(target) {
  const menu = target.closest(".list details[open], details.sure[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (editing && target === writing()) {
    leaveEdit();
  } else if (drawer) {
    local.drawer();
    find("[data-local=drawer]").focus();
  }
}

element.addEventListener("keydown", (event) => {
  if (event.key === "Escape") escape(event.target);
  if (event.target.matches("[role=log]")) asked = false;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  const asks = event.target.matches("#question, #line") && !touched.matches;
  if (!asks && !event.target.matches(".keep textarea")) return; // a step is one line, however long
  event.preventDefault();
  event.target.form.requestSubmit();
});
element.addEventListener("input", (event) => {
  if (event.target.id === "question") { grow(); remember(event.target.value); }
  if (event.target.id === "words" && !event.target.value) event.target.form.requestSubmit();
  if (event.target.dataset.live) later(event.target);
  const tally = event.target.closest("[data-tally]");
  if (tally) tally.querySelector("[data-sum]").value = tally.querySelectorAll(":checked").length;
});

window.addEventListener("beforeunload", (event) => { if (unsaved()) event.preventDefault(); });

watch("value", show);
show();
