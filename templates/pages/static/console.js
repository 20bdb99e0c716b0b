// The console works without this script, by forms and reloads. With it, phones draw themselves anew when
// their platform has news, forms are sent in the background, and Enter sends.
"use strict";

const scrollDown = phone => { const b = phone.querySelector(".bubbles"); if (b) b.scrollTop = b.scrollHeight; };

const redraw = async phone => {
  const q = new URLSearchParams({ platform: phone.dataset.platform, user: phone.dataset.user, chat: phone.dataset.chat });
  const res = await fetch("/console/phone?" + q);
  if (!res.ok) return;
  const html = await res.text();
  const screen = phone.querySelector(".screen");
  if (screen.dataset.html === html) return;
  const bubbles = screen.querySelector(".bubbles");
  const below = !bubbles || bubbles.scrollHeight - bubbles.scrollTop - bubbles.clientHeight < 80;
  screen.innerHTML = html;
  screen.dataset.html = html;
  if (below) scrollDown(phone);
};

const phones = () => document.querySelectorAll(".phone");

const trouble = text => {
  const p = document.getElementById("trouble");
  p.textContent = text;
  p.hidden = false;
  clearTimeout(trouble.timer);
  trouble.timer = setTimeout(() => { p.hidden = true; }, 4000);
};

const drawClock = async () => {
  const res = await fetch("/console/clock");
  if (res.ok) document.getElementById("clock").innerHTML = await res.text();
};

const send = async (form, button) => {
  const body = new URLSearchParams(new FormData(form, button));
  const res = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "console" } });
  if (!res.ok) trouble(await res.text());
  const phone = form.closest(".phone");
  if (phone) redraw(phone);
};

document.addEventListener("submit", event => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  if (form.classList.contains("compose") && !form.text.value.trim()) return;
  send(form, event.submitter).then(() => { if (form.classList.contains("travel")) drawClock(); });
  if (form.classList.contains("compose")) form.text.value = "";
});

document.addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches(".compose textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

document.addEventListener("change", event => { if (event.target.matches(".who select")) event.target.form.requestSubmit(); });

document.addEventListener("click", event => {
  const phrase = event.target.closest(".phrase");
  if (phrase) {
    const text = phrase.closest(".phone").querySelector("textarea");
    text.value = phrase.textContent;
    text.focus();
  }
  const tab = event.target.closest(".tabs a");
  if (tab) {
    event.preventDefault();
    const phone = tab.closest(".phone");
    phone.dataset.chat = tab.dataset.chat;
    phone.querySelector(".compose").chat.value = tab.dataset.chat;
    redraw(phone).then(() => scrollDown(phone));
  }
});

const pendingNews = new Set();
const source = new EventSource("/console/events");
source.addEventListener("news", event => {
  if (pendingNews.size === 0) setTimeout(() => {
    const names = new Set(pendingNews);
    pendingNews.clear();
    phones().forEach(p => { if (names.has(p.dataset.platform)) redraw(p); });
    drawClock();
  }, 60);
  pendingNews.add(event.data);
});
source.addEventListener("clock", () => { drawClock(); phones().forEach(redraw); });
source.addEventListener("hello", () => phones().forEach(redraw));
setInterval(drawClock, 15000);
phones().forEach(scrollDown);
