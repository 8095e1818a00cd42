"use strict";
/* Reads out the row under the pointer, mouse or finger, on the data chart. */
(function () {
  const record = JSON.parse(document.getElementById("record").textContent);
  const plot = document.querySelector("#scatter .plot");
  const data = record.data;
  if (!plot || data.x.length === 0) {
    return;
  }

  const NEAR_PX = 28;
  const place = (value, ends) => (value - ends[0]) / (ends[1] - ends[0]);
  const across = data.x.map((value) => place(value, record.axes.x));
  const down = data.y.map((value) => 1 - place(value, record.axes.y));
  const short = (value) => String(Number(value.toPrecision(6))).replace("-", "\u2212");

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true");
  const ring = document.createElement("i");
  ring.className = "ring";
  tip.hidden = true;
  ring.hidden = true;
  plot.append(ring, tip);

  function nearest(x, y, box) {
    let found = -1;
    let best = NEAR_PX * NEAR_PX;
    for (let k = 0; k < across.length; k += 1) {
      const dx = across[k] * box.width - x;
      const dy = down[k] * box.height - y;
      const square = dx * dx + dy * dy;
      if (square < best) {
        best = square;
        found = k;
      }
    }
    return found;
  }

  function hide() {
    tip.hidden = true;
    ring.hidden = true;
  }

  function point(event) {
    const box = plot.getBoundingClientRect();
    const k = nearest(event.clientX - box.left, event.clientY - box.top, box);
    if (k < 0) {
      hide();
      return;
    }
    tip.hidden = false;
    ring.hidden = false;
    ring.style.left = 100 * across[k] + "%";
    ring.style.top = 100 * down[k] + "%";
    tip.textContent = data.x_name + " " + short(data.x[k]) + "\n" +
      data.y_name + " " + short(data.y[k]);
    tip.classList.toggle("to-left", across[k] > 0.5);
    tip.style.left = 100 * across[k] + "%";
    tip.style.top = 100 * down[k] + "%";
  }

  plot.addEventListener("pointermove", point);
  plot.addEventListener("pointerdown", point);
  plot.addEventListener("pointerleave", hide);
})();
