"use strict";
/* Plays the recorded steps of the descent. The page has made every place and
   every text; this file only chooses which recorded step is shown. */
(function () {
  const byId = (id) => document.getElementById(id);
  const record = JSON.parse(byId("record").textContent);
  const frames = record.frames;
  const controls = byId("controls");
  if (!controls || frames.length === 0) {
    return;
  }

  const FULL_RUN_MS = 9000;
  /* With reduced motion the same run is a few stills, not a movement. */
  const STILLS = 10;
  const STILL_MS = 800;

  const last = frames.length - 1;
  const slider = byId("slider");
  const play = byId("play");
  const ghosts = Array.from(document.querySelectorAll(".ghost"));
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let index = 0;
  let request = null;
  let timer = null;

  /* The run takes its time where the line moves: even in the logarithm of the
     step, from a few steps on so that the first one is not a long wait. */
  const HEAD_START = 4;
  const stage = (i) => Math.log1p((frames[i].step - frames[0].step) / HEAD_START);
  const span = stage(last) || 1;
  const progressAt = (i) => stage(i) / span;

  function indexAt(progress) {
    let found = 0;
    while (found < last && progressAt(found + 1) <= progress) {
      found += 1;
    }
    return found;
  }

  function moveLine(line, ends) {
    line.setAttribute("visibility", ends ? "visible" : "hidden");
    if (ends) {
      ["x1", "y1", "x2", "y2"].forEach((name, k) => {
        line.setAttribute(name, String(ends[k]));
      });
    }
  }

  function moveMarker(kind, mark) {
    const marker = byId("marker-" + kind);
    const height = mark[kind];
    marker.setAttribute("visibility", height === null ? "hidden" : "visible");
    if (height !== null) {
      marker.setAttribute("d", "M" + mark.x + " " + height + "h0");
    }
  }

  function show(wanted) {
    index = Math.min(Math.max(wanted, 0), last);
    const frame = frames[index];
    moveLine(byId("descent-line"), frame.line);
    moveMarker("loss", frame.mark);
    moveMarker("distance", frame.mark);
    Object.keys(frame.text).forEach((name) => {
      byId("now-" + name).textContent = frame.text[name];
    });
    ghosts.forEach((ghost) => {
      ghost.style.display = Number(ghost.dataset.index) < index ? "" : "none";
    });
    slider.value = String(index);
    slider.setAttribute("aria-valuetext", "step " + frame.text.step);
    /* Not `disabled`: a button that is switched off under the finger of a
       keyboard user would lose the focus. */
    byId("back").setAttribute("aria-disabled", String(index === 0));
    byId("step").setAttribute("aria-disabled", String(index === last));
  }

  /* Said aloud only when the player rests: sixty sentences a second help nobody. */
  function speak() {
    const text = frames[index].text;
    byId("spoken").textContent = "Step " + text.step + ": intercept " +
      text.intercept + ", slope " + text.slope + ", distance " + text.distance;
  }

  function label(playing) {
    play.classList.toggle("playing", playing);
    byId("play-text").textContent = playing ? "Pause" : "Play";
  }

  const running = () => request !== null || timer !== null;

  function stop() {
    window.cancelAnimationFrame(request);
    window.clearInterval(timer);
    request = null;
    timer = null;
    label(false);
  }

  function finish() {
    stop();
    speak();
  }

  function start() {
    if (index === last) {
      show(0);
    }
    show(index + 1);
    label(true);
    const from = progressAt(index);
    if (calm.matches) {
      let still = Math.floor(from * STILLS);
      timer = window.setInterval(() => {
        still += 1;
        show(Math.max(indexAt(still / STILLS), index));
        if (still >= STILLS) {
          show(last);
          finish();
        }
      }, STILL_MS);
      return;
    }
    let began = null;
    const tick = (now) => {
      began = began === null ? now : began;
      const progress = from + (now - began) / FULL_RUN_MS;
      if (progress >= 1) {
        show(last);
        finish();
        return;
      }
      show(Math.max(indexAt(progress), index));
      request = window.requestAnimationFrame(tick);
    };
    request = window.requestAnimationFrame(tick);
  }

  function rest(wanted) {
    stop();
    show(wanted);
    speak();
  }

  play.addEventListener("click", () => (running() ? finish() : start()));
  byId("step").addEventListener("click", () => rest(index + 1));
  byId("back").addEventListener("click", () => rest(index - 1));
  byId("reset").addEventListener("click", () => rest(0));
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  controls.hidden = false;
  show(0);
})();
