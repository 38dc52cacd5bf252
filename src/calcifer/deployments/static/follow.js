/* Follows logs, and deployments that go on, by server-sent events; without this script the pages show what there is, and come again. */
"use strict";

(() => {
  const MOST_LINES = 5000;

  // At the end of a text that grows one sees its end, unless one has scrolled up to read.
  const add = (box, text) => {
    const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 8;
    box.append(text);
    while (box.childNodes.length > MOST_LINES) box.firstChild.remove();
    if (isAtEnd) box.scrollTop = box.scrollHeight;
  };

  const ended = (event) => JSON.parse(event.data).error;

  const followLogs = (button) => {
    const box = document.getElementById(button.dataset.into);
    const state = document.getElementById("following");
    const tell = (text) => {
      state.hidden = false;
      state.textContent = text;
    };
    let stream = null;
    const stop = (text) => {
      stream.close();
      stream = null;
      button.textContent = "Follow";
      tell(text);
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      if (stream) return stop("Not followed any more.");
      box.scrollTop = box.scrollHeight;
      button.textContent = "Stop following";
      tell("New lines are shown as they are written.");
      stream = new EventSource(button.dataset.followLogs);
      stream.onmessage = (event) => {
        const one = JSON.parse(event.data);
        add(box, `${one.at.slice(0, 19)} ${one.container} | ${one.text}\n`);
      };
      stream.addEventListener("end", (event) => stop(ended(event) || "It has ended."));
      stream.onerror = () => stop("The connection has ended.");
    });
  };

  const followRun = (place) => {
    const stream = new EventSource(place.dataset.followRun);
    const boxes = new Map();
    const box = (run) => {
      if (boxes.has(run)) return boxes.get(run);
      let found = place.querySelector(`[data-run="${CSS.escape(run)}"]`);
      if (!found) {
        const section = document.createElement("section");
        const title = document.createElement("h2");
        found = document.createElement("pre");
        title.textContent = `Said on the host: ${run}`;
        found.tabIndex = 0;
        section.append(title, found);
        place.append(section);
      }
      found.textContent = "";
      boxes.set(run, found);
      return found;
    };
    let phase = place.dataset.phase;
    stream.onmessage = (event) => {
      const one = JSON.parse(event.data);
      if (one.run) add(box(one.run), one.text);
      else if (one.phase !== phase) {
        phase = one.phase;
        const told = document.querySelector(`[data-phase-words="${CSS.escape(phase)}"]`);
        const said = document.getElementById("phase");
        if (told && said) said.textContent = told.textContent;
      }
    };
    stream.addEventListener("end", () => location.reload());
    stream.onerror = () => {
      stream.close();
      setTimeout(() => location.reload(), 3000);
    };
  };

  for (const button of document.querySelectorAll("[data-follow-logs]")) followLogs(button);
  for (const place of document.querySelectorAll("[data-follow-run]")) followRun(place);
})();
