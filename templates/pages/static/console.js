// The console works without this script, by forms and reloads. With it, phones draw themselves anew when
// their platform has news, forms are sent in the background, and Enter sends.
"use strict";

const every = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = id => document.getElementById(id);
const phones = () => every(".phone");
let touched = null; // the phone that the person has in hand: what comes there is no news

// remember keeps each child as the server drew it, to see later what changed.
const remember = list => { for (const child of list.children) child.drawn = child.outerHTML; };
const drop = child => { const next = child.nextElementSibling; child.remove(); return next; };

// patch makes list like fresh and leaves alone what did not change: focus, scroll and opened lines stay. It returns
// the children that are new, and counts those that changed.
const patch = (list, fresh) => {
  const old = new Map([...list.children].map(child => [child.dataset.key, child]));
  const added = Object.assign([], { changed: 0 });
  let at = list.firstElementChild;
  for (const child of [...fresh.children]) {
    const was = old.get(child.dataset.key);
    if (was && (was.drawn === child.outerHTML || was.matches(".at:focus-within"))) { // nobody likes a field that changes under the fingers
      for (; at && at !== was; at = drop(at));
      at = was.nextElementSibling;
      continue;
    }
    child.drawn = child.outerHTML;
    list.insertBefore(child, at);
    was ? added.changed++ : added.push(child);
  }
  while (at) at = drop(at);
  return added;
};

const fetched = async url => {
  // A page that is left, or reloads, breaks off what it was reading: that is no trouble of the person's.
  const html = await fetch(url).then(res => res.ok ? res.text() : null).catch(() => null);
  if (html === null) return null;
  const t = document.createElement("template");
  t.innerHTML = html;
  return t.content;
};

const setNews = (phone, n) => {
  phone.news = n;
  phone.classList.toggle("unread", n > 0);
  Object.assign(phone.querySelector(".badge"), { hidden: n === 0, textContent: n, ariaLabel: `${n} 条新消息` });
  const all = phones().reduce((sum, p) => sum + (p.news || 0), 0);
  document.title = (all ? `(${all}) ` : "") + "跟单 · 演示台";
};
const away = phone => phone.querySelector(".bubbles").scrollTop < -60; // reversed: 0 is the newest message
const toNewest = phone => { phone.querySelector(".bubbles").scrollTop = 0; phone.querySelector(".newer").hidden = true; };
const waiting = (phone, yes) => {
  clearTimeout(phone.timer);
  phone.classList.toggle("waiting", yes);
  if (yes) phone.timer = setTimeout(() => waiting(phone, false), 8000);
};

// redraw brings a phone up to date; when the choice of the page has changed it may be another one.
const redraw = async phone => {
  const turn = phone.turn = (phone.turn || 0) + 1;
  const q = new URLSearchParams(location.search);
  q.set("slot", phone.dataset.slot);
  const fresh = (await fetched("/console/phone?" + q))?.querySelector(".phone");
  if (!fresh || turn !== phone.turn || !phone.isConnected) return;
  if (["platform", "user", "chat"].some(k => fresh.dataset[k] !== phone.dataset[k])) {
    fresh.querySelector("textarea").value = phone.querySelector("textarea").value;
    every(".list", fresh).forEach(remember);
    const held = phone.contains(document.activeElement) && (document.activeElement.matches("select") ? "select" : ".tabs [aria-current]");
    phone.replaceWith(fresh);
    if (held) fresh.querySelector(held).focus();
    if (touched === phone) touched = fresh;
    return setNews(fresh, 0);
  }
  const inList = phone.querySelector(".list").contains(document.activeElement);
  const far = away(phone);
  const added = patch(phone.querySelector(".list"), fresh.querySelector(".list"));
  added.forEach(a => a.classList.add("new"));
  if (inList && document.activeElement === document.body) phone.querySelector(".bubbles").focus({ preventScroll: true });
  every(".tabs a", fresh).forEach(tab => {
    const was = every(".tabs a", phone).find(t => t.dataset.chat === tab.dataset.chat);
    if (was && was.dataset.last !== tab.dataset.last && !was.hasAttribute("aria-current")) was.classList.add("news");
    if (was) was.dataset.last = tab.dataset.last;
  });
  const theirs = added.filter(a => a.matches(".theirs")).length;
  if (theirs || added.changed) waiting(phone, false);
  if (theirs && far) phone.querySelector(".newer").hidden = false;
  if (theirs && (phone !== touched || document.hidden)) setNews(phone, (phone.news || 0) + theirs);
};

const trouble = text => {
  const p = Object.assign(one("trouble"), { textContent: text, hidden: false });
  clearTimeout(p.timer);
  p.timer = setTimeout(() => { p.hidden = true; }, 6000);
};

const drawClock = async () => { const fresh = await fetched("/console/clock"); if (fresh) patch(one("clock"), fresh); };
const drawWire = async () => { const fresh = one("wire").open && await fetched("/console/wire"); if (fresh) patch(one("lines"), fresh); };

// post sends a form and says what the server did not like; false when it did not arrive.
const post = async (form, button) => {
  const body = new URLSearchParams(new FormData(form, button));
  const res = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "console" } }).catch(() => null);
  if (!res) trouble("服务没有回应，请稍后再试");
  else if (!res.ok) trouble(await res.text().catch(() => "服务没有回应，请稍后再试"));
  return Boolean(res?.ok);
};

// submit posts a form once, however often it is pressed. A composer is emptied, other buttons rest meanwhile.
const submit = async (form, button) => {
  const phone = form.closest(".phone"), box = form.elements.text, text = box?.value;
  if (form.busy || (box && !button?.name && !text.trim())) return;
  form.busy = true;
  const sent = post(form, button); // reads the form before it is emptied
  const buttons = box ? [] : every("button:enabled", form);
  buttons.forEach(b => { b.disabled = true; });
  every(".more[open]", form).forEach(menu => { menu.open = false; });
  if (box) { box.value = ""; toNewest(phone); }
  if (phone && phone.dataset.desk === undefined) waiting(phone, true);
  const ok = await sent;
  if (!ok && phone) waiting(phone, false);
  if (!ok && box && !box.value) box.value = text;
  if (!ok || !phone) buttons.forEach(b => { b.disabled = false; });
  form.busy = false;
  if (box) box.focus();
  setTimeout(drawClock, 900); // by then what was due has rung
  return phone ? redraw(phone) : drawClock();
};

// choose changes what a slot shows and keeps it in the address, so that a reload shows the same.
const choose = (phone, values) => {
  const q = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) value ? q.set(name + phone.dataset.slot, value) : q.delete(name + phone.dataset.slot);
  history.replaceState(null, "", "/" + (q.size ? "?" + q : ""));
  return redraw(phone);
};

document.addEventListener("submit", event => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  if (!form.closest(".phone")) touched = null; // what rings now is news everywhere
  submit(form, event.submitter);
});
document.addEventListener("keydown", event => {
  // While an input method composes, Enter takes its word; keyCode 229 is how Safari says so.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229 && event.target.matches(".compose textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.key === "Escape") every(".more[open]").forEach(menu => { menu.open = false; menu.firstElementChild.focus(); });
});
document.addEventListener("change", event => {
  if (event.target.matches(".who select")) choose(event.target.closest(".phone"), { u: event.target.value, c: "" });
});
document.addEventListener("click", event => {
  const at = selector => event.target.closest?.(selector);
  every(".more[open]").forEach(menu => { if (!menu.contains(event.target)) menu.open = false; });
  const phrase = at(".phrase"), tab = at(".tabs a"), newer = at(".newer");
  if (phrase) { // not sent yet: people like to read first, and to change it
    event.preventDefault();
    const box = phrase.form.elements.text;
    box.value = phrase.value;
    box.focus();
    phrase.nextElementSibling?.scrollIntoView({ behavior: "smooth", block: "nearest", inline: "center" });
  }
  if (tab) { event.preventDefault(); choose(tab.closest(".phone"), { c: tab.dataset.chat }); }
  if (newer) toNewest(newer.closest(".phone"));
});
for (const kind of ["pointerdown", "focusin"]) document.addEventListener(kind, event => {
  touched = event.target.closest?.(".phone") || touched;
  if (touched?.news) setNews(touched, 0);
});
document.addEventListener("scroll", event => {
  if (event.target.matches?.(".bubbles") && !away(event.target.closest(".phone"))) event.target.closest(".phone").querySelector(".newer").hidden = true;
}, true);
one("wire").addEventListener("toggle", drawWire);

every(".list, .lines, #clock").forEach(remember);
const news = new Set();
const source = new EventSource("/console/events");
source.addEventListener("news", event => {
  if (!news.size) setTimeout(() => {
    phones().filter(phone => news.has(phone.dataset.platform)).forEach(redraw);
    news.clear();
    drawClock();
    drawWire();
  }, 40);
  news.add(event.data);
});
source.addEventListener("clock", () => { drawClock(); phones().forEach(redraw); });
source.addEventListener("hello", event => {
  one("offline").hidden = true;
  if (event.data !== document.body.dataset.start) location.reload(); // the service began anew: our forms are stale
  else phones().forEach(redraw);
});
source.onerror = () => { one("offline").hidden = false; };
if (!one("trouble").hidden) trouble(one("trouble").textContent);
setInterval(drawClock, 10000);
