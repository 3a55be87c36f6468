"use strict";

// Keeps the page up to date: when something changes on the server, it fetches the new page and replaces the old one, and keeps
// the focus, the open parts and the scroll position. Without this script every form and link still works; the page is then
// loaded again.
(() => {
  const page = document.getElementById("page");
  const live = document.getElementById("live");
  let loading = false;
  let again = false;

  const say = (text) => {
    if (live.textContent !== text) live.textContent = text;
  };

  // The ids around the focus, nearest first.
  const focused = () => {
    const ids = [];
    for (let e = document.activeElement; e && e !== page; e = e.parentElement) {
      if (e.id) ids.push(e.id);
    }
    return page.contains(document.activeElement) ? ids : [];
  };

  // Puts the focus on what is left of its surroundings; of what is folded, on the line that unfolds it.
  const restore = (ids) => {
    const found = ids.map((id) => document.getElementById(id)).find(Boolean) ?? document.getElementById("main");
    const folded = found.closest("details:not([open])") ?? (found.matches("details") ? found : null);
    (folded?.querySelector("summary") ?? found).focus({ preventScroll: true });
  };

  const openThreads = () => [...document.querySelectorAll(".thread.open")].map((t) => t.id);

  // The thread on which someone did something last, and those that were open then.
  let acted = null;

  // Moves the focus on once that thread is dealt with: to the next that is open, or to one before it.
  const moveOn = () => {
    const open = openThreads();
    if (!acted || open.includes(acted.thread)) return;
    const at = acted.open.indexOf(acted.thread);
    const next = [...acted.open.slice(at + 1), ...acted.open.slice(0, at).reverse()].find((t) => open.includes(t));
    acted = null;
    const thread = document.getElementById(next);
    thread?.focus({ preventScroll: true });
    thread?.scrollIntoView({ block: "nearest" });
  };

  const holdsText = (e) => [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());

  // Brings an element up to date and touches only what differs, so that no click or selection is lost. New children
  // may come at the end.
  const sync = (was, now) => {
    if (was.isEqualNode(now)) return;
    const [old, fresh] = [[...was.children], [...now.children]];
    const alike = old.length <= fresh.length && old.every((e, i) => e.tagName === fresh[i].tagName && e.id === fresh[i].id);
    if (was !== page && (!alike || holdsText(was) || holdsText(now) || old.length === 0)) {
      was.replaceWith(now);
      return;
    }
    for (const { name } of [...was.attributes]) {
      if (!now.hasAttribute(name)) was.removeAttribute(name);
    }
    for (const { name, value } of now.attributes) {
      if (was.getAttribute(name) !== value) was.setAttribute(name, value);
    }
    if (alike) {
      old.forEach((e, i) => sync(e, fresh[i]));
      was.append(...fresh.slice(old.length));
    } else {
      was.replaceChildren(...now.childNodes);
    }
  };

  const refresh = async () => {
    if (loading) {
      again = true;
      return;
    }
    loading = true;
    try {
      const answer = await fetch(location.pathname);
      if (!answer.ok) throw new Error(await answer.text());
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
      const ids = focused();
      const open = new Map([...page.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
      for (const d of next.querySelectorAll("details[id]")) {
        if (open.has(d.id)) d.open = open.get(d.id);
      }
      const status = next.dataset.status;
      sync(page, next);
      if (ids.length > 0 && !page.contains(document.activeElement)) restore(ids);
      moveOn();
      say(status);
    } catch (trouble) {
      say("The page could not be updated: " + trouble.message);
    } finally {
      loading = false;
    }
    if (again) {
      again = false;
      refresh();
    }
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-act]")) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const thread = form.closest(".thread")?.id;
    acted = openThreads().includes(thread) ? { thread, open: openThreads() } : null;
    if (button.getAttribute("aria-disabled") === "true") return;
    const label = [...button.childNodes];
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { accept: "application/json" },
      });
      if (!answer.ok) throw new Error(await answer.text());
      form.reset();
      await refresh();
    } catch (trouble) {
      button.replaceChildren(...label);
      button.removeAttribute("aria-disabled");
      let notice = form.querySelector(".trouble");
      if (!notice) {
        notice = document.createElement("p");
        notice.className = "trouble";
        notice.setAttribute("role", "alert");
        form.append(notice);
      }
      notice.textContent = trouble.message;
    }
  });

  const events = new EventSource("/events");
  events.addEventListener("message", (event) => {
    if (event.data !== page.dataset.version) refresh();
  });
  events.addEventListener("error", () => say("The demo has ended, or cannot be reached."));
  addEventListener("pagehide", () => events.close());
})();
