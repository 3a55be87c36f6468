"use strict";

// Keeps the page as it is on the server: when something changes, the new page is fetched and put in
// the place of the old, with the focus, the open parts and the scroll position where they were. Without this
// script every form and link still works; the page is then loaded again.
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
      page.replaceChildren(...next.childNodes);
      Object.assign(page.dataset, { version: next.dataset.version, status: next.dataset.status });
      page.toggleAttribute("data-busy", next.hasAttribute("data-busy"));
      const found = ids.map((id) => document.getElementById(id)).find(Boolean);
      if (found) found.focus({ preventScroll: true });
      say(next.dataset.status);
    } catch (trouble) {
      say("The page could not be brought up to date: " + trouble.message);
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
      await refresh();
    } catch (trouble) {
      button.replaceChildren(...label);
      button.removeAttribute("aria-disabled");
      let told = form.querySelector(".trouble");
      if (!told) {
        told = document.createElement("p");
        told.className = "trouble";
        told.setAttribute("role", "alert");
        form.append(told);
      }
      told.textContent = trouble.message;
    }
  });

  const events = new EventSource("/events");
  events.addEventListener("message", (event) => {
    if (event.data !== page.dataset.version) refresh();
  });
  events.addEventListener("error", () => say("The demo has ended, or cannot be reached."));
  addEventListener("pagehide", () => events.close());
})();
