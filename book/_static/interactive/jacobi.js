/**
 * Sweeps of Jacobi's method that draw a picture of 12 × 12 pixels, black or white, from a model of
 * the pixels in order: v_i = 1 where u_i ≥ 1 − P(v_i = 1 | v_1, …, v_{i−1}). A sweep draws all
 * pixels at once, as if those before each of them were right in the last picture.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  const SIDE = 12;
  const D = SIDE * SIDE;
  const FLIP = 0.02; // a pixel of a digit is the other one
  const COPY = 0.998; // a pixel of the chain is the one before

  /** The digits 0, …, 9: three hexadecimal figures a row. */
  const DIGITS = [
    "0f019830c30c30c30c30c30c30c30c1980f0",
    "0600e01e00600600600600600600600601f8",
    "1f03180180180180300600c01803003003fc",
    "1f03180180180300e00300180180183181f0",
    "0300700f01b01b03303303fc030030030030",
    "3f83003003003e00300180180180183301e0",
    "0780c01803003003f031830c30c30c1980f0",
    "3fc00c00c0180180300300600600c00c00c0",
    "0f019830c30c1980f019830c30c30c1980f0",
    "0f019830c30c30c19c0fc00c00c0180301e0",
  ];

  /** P(v_i = 1) of a digit that is moved down and to the right. */
  function shape(rows, down, right) {
    return Array.from({ length: D }, (_, i) => {
      const [row, column] = [Math.floor(i / SIDE) - down, (i % SIDE) - right];
      const inside = Math.min(row, column) >= 0 && Math.max(row, column) < SIDE;
      const bits = inside ? parseInt(rows.slice(3 * row, 3 * row + 3), 16) : 0;
      return (bits >> (SIDE - 1 - column)) & 1 ? 1 - FLIP : FLIP;
    });
  }

  /** Each digit in fifteen places. */
  const SHAPES = DIGITS.flatMap((rows) => [-1, 0, 1].flatMap((down) =>
    [-2, -1, 0, 1, 2].map((right) => shape(rows, down, right))));
  const MEAN = SHAPES[0].map((_, i) => SHAPES.reduce((sum, p) => sum + p[i], 0) / SHAPES.length);

  /** P(v_i = 1 | v_1, …, v_{i−1}) for all i, given a picture v. */
  const MODELS = {
    independent: () => MEAN,
    digits: (v) => {
      const weights = SHAPES.map(() => 1); // of the shapes, given the pixels so far
      return v.map((value, i) => {
        let [total, ones] = [0, 0];
        SHAPES.forEach((p, c) => {
          total += weights[c];
          ones += weights[c] * p[i];
          weights[c] *= value ? p[i] : 1 - p[i];
        });
        return ones / total;
      });
    },
    chain: (v) => v.map((_, i) => (i === 0 ? 0.5 : v[i - 1] ? COPY : 1 - COPY)),
  };

  /** Numbers of [0, 1) from a seed: Ettinger's mulberry32. */
  function uniforms(seed) {
    return Array.from({ length: D }, (_, i) => {
      let t = (seed + (i + 1) * 0x6d2b79f5) | 0;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    });
  }

  const STARTS = {
    white: () => Array(D).fill(0),
    black: () => Array(D).fill(1),
    noise: () => uniforms(100).map((u) => (u < 0.5 ? 0 : 1)),
  };

  const known = {};

  /** The pictures after 0, 1, … sweeps; the last two are equal, and the sample. */
  function pictures({ model, draw, start }) {
    return (known[[model, draw, start]] ??= (() => {
      const u = uniforms(draw);
      const all = [STARTS[start]()];
      for (let changed = true; changed;) {
        const last = all[all.length - 1];
        const p = MODELS[model](last);
        all.push(u.map((value, i) => (value >= 1 - p[i] ? 1 : 0)));
        changed = all[all.length - 1].some((value, i) => value !== last[i]);
      }
      return all;
    })());
  }

  /** After each sweep: how many first pixels are right, how many pixels wrong, how many changed. */
  function measure(state) {
    const all = pictures(state);
    const sample = all[all.length - 1];
    const count = (v, w) => v.filter((value, i) => value !== w[i]).length;
    return all.map((v, k) => {
      const first = v.findIndex((value, i) => value !== sample[i]);
      return {
        prefix: first < 0 ? D : first, wrong: count(v, sample),
        changed: k ? count(v, all[k - 1]) : NaN,
      };
    });
  }

  // ---------------------------------------------------------------- state and words

  const DRAWS = 8;
  const initial = { k: 3, model: "digits", draw: 4, start: "white", width: 460 };
  const last = (state) => pictures(state).length - 1;
  const controls = [
    { key: "k", kind: "range", min: 0, max: last, step: 1 },
    { key: "model", kind: "select", options: Object.keys(MODELS) },
    { key: "start", kind: "select", options: Object.keys(STARTS) },
  ];
  const buttons = [
    { key: "step", press: ({ k }) => ({ k: k + 1 }) },
    { key: "draw", press: ({ draw }) => ({ draw: (draw % DRAWS) + 1 }) },
  ];

  /** The next state; another model, draw or start begins again. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    if (["model", "draw", "start"].some((key) => next[key] !== state[key])) next.k = change.k ?? 0;
    next.k = Math.min(Math.max(Math.floor(next.k), 0), last(next));
    next.width = Math.min(Math.max(next.width, 280), 720);
    return next;
  }

  const strings = {
    es: {
      controls: { k: `Barridos ${NF.htmlMath("k")}`, model: "Modelo", start: "Comienzo" },
      buttons: { step: "Un barrido", draw: "Otro sorteo" },
      options: {
        model: { independent: "independiente", digits: "dígitos", chain: "cadena de copias" },
        start: { white: "en blanco", black: "en negro", noise: "al azar" },
      },
      legend: "prefijo", prefix: "prefijo correcto", wrong: "erróneos", changed: "cambiaron recién",
      sweeps: "barridos, de 144",
      status: {
        going: "Todavía cambian píxeles", right: "Correcta; otro barrido lo confirma",
        known: "Nada cambió: es la muestra",
      },
      summary: (k, prefix, wrong, status) => `${k} barridos: ${prefix} píxeles correctos desde el`
        + ` primero, ${wrong} erróneos. ${status}.`,
    },
    en: {
      controls: { k: `Sweeps ${NF.htmlMath("k")}`, model: "Model", start: "Start" },
      buttons: { step: "One sweep", draw: "Another draw" },
      options: {
        model: { independent: "independent", digits: "digits", chain: "chain of copies" },
        start: { white: "white", black: "black", noise: "random" },
      },
      legend: "prefix", prefix: "right prefix", wrong: "wrong", changed: "changed just now",
      sweeps: "sweeps, of 144",
      status: {
        going: "Pixels still change", right: "Right; another sweep confirms it",
        known: "Nothing changed: the sample",
      },
      summary: (k, prefix, wrong, status) => `${k} sweeps: ${prefix} pixels right from the first`
        + ` on, ${wrong} wrong. ${status}.`,
    },
  };

  /** What one knows without the sample. */
  function status(state, words) {
    const { wrong, changed } = measure(state)[state.k];
    return words.status[wrong ? "going" : changed === 0 ? "known" : "right"];
  }

  // ---------------------------------------------------------------- the drawing

  const TOP = 28;

  const { line, text } = NF;

  /** The panel of the picture, and that of the two curves with its scales. */
  function panels(state) {
    const size = (state.width - 52) / 2;
    const left = state.width - size - 14;
    const end = 24 * Math.ceil(last(state) / 24);
    const bottom = TOP + size;
    return {
      size, bottom, left, end,
      x: NF.scale(0, end, left, left + size), y: NF.scale(0, D, bottom, TOP),
    };
  }

  /** The picture: what is right, what is wrong, and the line after the right prefix. */
  function picture(state, { size, bottom }, prefix) {
    const all = pictures(state);
    const [now, sample] = [all[state.k], all[all.length - 1]];
    const cell = size / SIDE;
    const place = (i) => [1 + cell * (i % SIDE), TOP + cell * Math.floor(i / SIDE)];
    const squares = (kind, inset, chosen) => {
      const s = (cell - 2 * inset).toFixed(2);
      const d = now.map((_, i) => i).filter(chosen).map((i) => {
        const [x, y] = place(i).map((value) => (value + inset).toFixed(2));
        return `M${x} ${y}h${s}v${s}h-${s}z`;
      });
      return NF.tag("path", { class: kind, d: d.join("") });
    };
    const [row, column] = [Math.floor(prefix / SIDE), prefix % SIDE];
    const [x, y] = [1 + cell * column, TOP + cell * row];
    const edge = [[1, y + cell], [x, y + cell], [x, y], [1 + size, y]].slice(column ? 0 : 2);
    return [
      squares("nf-band nf-base", 0, (i) => i < prefix),
      squares("nf-ink", 0.4, (i) => now[i] && sample[i]),
      squares("nf-image nf-model", 0.4, (i) => now[i] && !sample[i]),
      squares("nf-hollow nf-model", 0.2 * cell, (i) => !now[i] && sample[i]),
      line("nf-frame", [[1, TOP], [1 + size, TOP], [1 + size, bottom], [1, bottom], [1, TOP]]),
      line("nf-line nf-base", edge),
    ];
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const at = panels(state);
    const { x, y, left, size, bottom, end } = at;
    const all = measure(state);
    const curves = [["prefix", "nf-base"], ["wrong", "nf-model"]].flatMap(([key, ink]) => [
      line(`nf-line ${ink}`, all.slice(0, state.k + 1).map((each, k) => [x(k), y(each[key])])),
      NF.tag("circle", {
        class: `nf-image ${ink}`, cx: x(state.k), cy: y(all[state.k][key]), r: 4,
      }),
    ]);
    const ticks = [
      ...[0, D / 2, D].map((n) => text(left - 6, y(n) + 4, "end", n, "nf-tick")),
      ...[0, end / 2, end].map((k) => text(x(k), bottom + 16, "middle", k, "nf-tick")),
    ];
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${state.width} ${Math.round(bottom + 38)}`,
      "aria-label": summary(state, words),
    },
    ...picture(state, at, all[state.k].prefix),
    ...[D / 2, D].map((n) => line("nf-grid", [[left, y(n)], [left + size, y(n)]])),
    line("nf-axis", [[left, bottom], [left + size, bottom]]),
    line("nf-ghost", [[x(0), y(0)], [x(Math.min(end, D)), y(Math.min(end, D))]]),
    line("nf-guide", [[x(state.k), TOP], [x(state.k), bottom]]), ...curves,
    NF.tag("rect", {
      class: "nf-pad", x: left - 8, y: TOP, width: size + 16, height: size,
      "data-drag": "k", "data-press": "",
    }),
    ...ticks,
    text(1, 18, "start", NF.svgMath(`k = ${state.k}`), "nf-name"),
    text(left, 18, "start", words.legend, "nf-tick nf-base-text"),
    text(left + size, 18, "end", words.wrong, "nf-tick nf-model-text"),
    text(left + size / 2, bottom + 33, "middle", NF.svgMath("k"), "nf-name"));
  }

  /** The numbers after the last sweep. */
  function readout(state, words) {
    const { prefix, wrong, changed } = measure(state)[state.k];
    const N = (key, value) => (Number.isNaN(value) ? "–" : NF.number(key, value, 0));
    const row = (name, value) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
    return `<table class="nf-table"><caption>${status(state, words)}</caption><tbody>
      ${row(words.sweeps, N("sweeps", state.k))}
      ${row(words.prefix, N("prefix", prefix))}
      ${row(words.wrong, N("wrong", wrong))}
      ${row(words.changed, N("changed", changed))}</tbody></table>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const { prefix, wrong } = measure(state)[state.k];
    return words.summary(state.k, prefix, wrong, status(state, words));
  }

  /** The sweep at which the curves are touched. */
  function drag(state, name, px) {
    const { left, size, end } = panels(state);
    return { k: Math.round(((px - left) / size) * end) };
  }

  NF.register("jacobi", {
    initial, strings, controls, buttons, reduce, render, readout, summary, drag, beside: true,
    animate: { key: "k", from: 0, to: last, seconds: (state) => Math.min(last(state) / 2.5, 16) },
    model: { uniforms, pictures, measure, shapes: SHAPES, models: MODELS },
  });
})(globalThis.NFInteractive);
