/**
 * Zooming into a map of the plane: a square of side ε = 2^(−zoom) with one vertex at z, its image
 * under f, and the parallelogram f(z) + J_f(z) δ that the Jacobian matrix makes of the square.
 * Both panels are enlarged by the same factor, so that the square always fills its panel.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  /** Each map with its Jacobian matrix [[∂f1/∂z1, ∂f1/∂z2], [∂f2/∂z1, ∂f2/∂z2]] and three points. */
  const MAPS = {
    polar: {
      f: ([r, t]) => [r * Math.cos(t), r * Math.sin(t)],
      jacobian: ([r, t]) => [[Math.cos(t), -r * Math.sin(t)], [Math.sin(t), r * Math.cos(t)]],
      area: ([r], side) => side * side * (r + side / 2),
      points: [[0.5, 0], [1, 0.5], [2, 1]],
    },
    banana: {
      f: ([a, b]) => [a, b + a * a],
      jacobian: ([a]) => [[1, 0], [2 * a, 1]],
      area: (z, side) => side * side,
      points: [[-1, 0], [0, 0], [0.5, -1]],
    },
    exponential: {
      f: ([a, b]) => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)],
      jacobian: ([a, b]) => {
        const [x, y] = [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];
        return [[x, -y], [y, x]];
      },
      area: ([a], side) => side * Math.exp(2 * a) * Math.expm1(2 * side) / 2,
      points: [[-0.5, 0], [0, 0.5], [0.5, 2]],
    },
  };

  /** f(z) + J_f(z) δ. */
  function tangent({ f, jacobian }, z, [d1, d2]) {
    const [[a, b], [c, d]] = jacobian(z);
    const [x, y] = f(z);
    return [x + a * d1 + b * d2, y + c * d1 + d * d2];
  }

  /** What the figure says about the square of side 2^(−zoom) at a point of a map. */
  function measure(name, point, zoom) {
    const map = MAPS[name];
    const z = map.points[point - 1];
    const side = 2 ** -zoom;
    const [[a, b], [c, d]] = map.jacobian(z);
    const det = a * d - b * c;
    const image = map.area(z, side);
    const flat = Math.abs(det) * side * side;
    let gap = 0; // the largest distance between f and its tangent, in sides of the square
    for (let i = 0; i <= 8; i++) {
      for (let j = 0; j <= 8; j++) {
        const step = [(side * i) / 8, (side * j) / 8];
        const [x, y] = map.f([z[0] + step[0], z[1] + step[1]]);
        const [u, v] = tangent(map, z, step);
        gap = Math.max(gap, Math.hypot(x - u, y - v) / side);
      }
    }
    return { z, side, det, square: side * side, image, flat, ratio: image / flat, gap };
  }

  // ---------------------------------------------------------------- state and words

  const initial = { zoom: 0, map: "polar", point: 2, width: 460 };

  const controls = [
    { key: "zoom", kind: "range", min: 0, max: 6, step: 0.1, digits: 1 },
    { key: "map", kind: "select", options: Object.keys(MAPS) },
    { key: "point", kind: "select", options: [1, 2, 3] },
  ];

  /** The next state, inside the limits of the controls. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    next.zoom = Math.min(Math.max(next.zoom, 0), 6);
    next.point = Math.min(Math.max(next.point, 1), 3);
    next.width = Math.min(Math.max(next.width, 280), 720);
    return next;
  }

  const strings = {
    es: {
      controls: { zoom: "Acercamiento", map: "Función", point: "Vértice" },
      options: {
        map: { polar: "coordenadas polares", banana: "banana", exponential: "exponencial compleja" },
      },
      label: (map, side) => `Izquierda: un cuadrado de lado ${side} con su grilla.`
        + ` Derecha: su imagen por la función ${map}, en línea llena,`
        + " y el paralelogramo de la matriz jacobiana, en línea cortada.",
      square: "cuadrado", image: "su imagen", flat: "paralelogramo", area: "área",
      caption: (z, side) => `Cuadrado con vértice ${z} y lado ${side}`,
      note: (ratio, det, gap) => `${ratio}: área de la imagen sobre la del paralelogramo. ${det}.`
        + ` Mayor separación entre los dos, en lados del cuadrado: ${gap}.`,
      summary: (side, ratio, gap) => `Lado ${side}: el cociente de áreas es ${ratio}`
        + ` y la mayor separación, en lados del cuadrado, ${gap}.`,
    },
    en: {
      controls: { zoom: "Zoom", map: "Function", point: "Vertex" },
      options: {
        map: { polar: "polar coordinates", banana: "banana", exponential: "complex exponential" },
      },
      label: (map, side) => `Left: a square of side ${side} with its grid.`
        + ` Right: its image under the function ${map}, in full lines,`
        + " and the parallelogram of the Jacobian matrix, in dashed lines.",
      square: "square", image: "its image", flat: "parallelogram", area: "area",
      caption: (z, side) => `Square with vertex ${z} and side ${side}`,
      note: (ratio, det, gap) => `${ratio}: the image's area over the parallelogram's. ${det}.`
        + ` Largest gap between the two, in sides of the square: ${gap}.`,
      summary: (side, ratio, gap) => `Side ${side}: the ratio of areas is ${ratio}`
        + ` and the largest gap, in sides of the square, ${gap}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const CELLS = 4;
  const STEPS = 12; // segments of a curve, for each line of the grid

  /** The lines of the grid on the unit square, as lists of points; `lines` of them each way. */
  function grid(lines) {
    const all = [];
    for (let k = 0; k <= lines; k++) {
      const steps = Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS);
      all.push(steps.map((s) => [s, k / lines]), steps.map((s) => [k / lines, s]));
    }
    return all;
  }

  /** Fits points into a square of the screen, one scale for both axes; y grows upwards. */
  function fit(points, left, top, size) {
    const spans = [0, 1].map((axis) => {
      const values = points.map((p) => p[axis]);
      return [Math.min(...values), Math.max(...values)];
    });
    const extent = Math.max(...spans.map(([low, high]) => high - low));
    const [cx, cy] = spans.map(([low, high]) => (low + high) / 2);
    const perUnit = (0.86 * size) / extent;
    const place = ([x, y]) => [left + size / 2 + (x - cx) * perUnit, top + size / 2 - (y - cy) * perUnit];
    return { place, perUnit };
  }

  const { line, text } = NF;

  /** A bar as long as `length` units, with its length above it. */
  function ruler(left, right, y, perUnit) {
    const units = 0.4 * (right - left) / perUnit;
    const power = 10 ** Math.floor(Math.log10(units));
    const length = [5, 2, 1].find((step) => step * power <= units) * power;
    const x0 = right - length * perUnit;
    return [
      line("nf-axis", [[x0, y - 4], [x0, y], [right, y], [right, y - 4]]),
      text((x0 + right) / 2, y - 7, "middle", String(Number(length.toPrecision(1))), "nf-tick"),
    ];
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const { z, side } = measure(state.map, state.point, state.zoom);
    const map = MAPS[state.map];
    const [gap, top] = [16, 30];
    const size = (state.width - gap) / 2;
    const right = size + gap;
    const height = Math.round(top + size + 34);
    const move = ([a, b]) => [z[0] + side * a, z[1] + side * b];
    const curved = ([a, b]) => map.f(move([a, b]));
    const flat = ([a, b]) => tangent(map, z, [side * a, side * b]);
    const lines = grid(CELLS);
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
    const before = fit(corners.map(move), 0, top, size);
    const shown = [...lines.flat().map(curved), ...corners.map(flat)];
    const after = fit(shown, right, top, size);
    const outline = (place, shape) => NF.path(corners.map((c) => place(shape(c))), true);
    const names = [
      text(4, 18, "start", NF.svgMath("z"), "nf-name nf-base-text"),
      text(right + 4, 18, "start", NF.svgMath("x = f(z)"), "nf-name nf-model-text"),
    ];
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${state.width} ${height}`,
      "aria-label": words.label(words.options.map[state.map], side.toFixed(3)),
    },
    NF.tag("path", { class: "nf-band nf-base", d: outline(before.place, move) }),
    ...lines.map((points) => line("nf-line nf-base", points.map((p) => before.place(move(p))))),
    NF.tag("path", { class: "nf-band nf-model", d: outline(after.place, flat) }),
    ...lines.map((points) => line("nf-line nf-model", points.map((p) => after.place(curved(p))))),
    ...lines.map((points) => line("nf-ghost", [points[0], points[STEPS]].map((p) => after.place(flat(p))))),
    ...ruler(0, size - 6, height - 8, before.perUnit),
    ...ruler(right, state.width - 6, height - 8, after.perUnit),
    ...names);
  }

  /** The numbers of the square. */
  function readout(state, words) {
    const m = measure(state.map, state.point, state.zoom);
    const M = NF.htmlMath;
    const N = NF.number;
    const row = (kind, name, formula, key, value) => `<tr class="${kind}"><th scope="row">${name}</th>
      <td>${formula}</td><td>${N(key, value, 6)}</td></tr>`;
    const note = words.note(
      N("ratio", m.ratio), `det ${M("J_f(z) =")} ${N("det", m.det)}`, N("gap", m.gap),
    );
    return `<table class="nf-table">
      <caption>${words.caption(`(${m.z.join(", ")})`, `${M("ε =")} ${N("side", m.side)}`)}</caption>
      <thead><tr><td></td><td></td><th scope="col">${words.area}</th></tr></thead>
      <tbody>${row("nf-base", words.square, M("ε^2"), "square", m.square)}
      ${row("nf-model", words.image, `∫ |det ${M("J_f")}|`, "image", m.image)}
      ${row("nf-model", words.flat, `|det ${M("J_f(z)")}| ${M("ε^2")}`, "flat", m.flat)}</tbody></table>
      <p class="nf-note">${note}</p>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const { side, ratio, gap } = measure(state.map, state.point, state.zoom);
    return words.summary(side.toFixed(3), ratio.toFixed(3), gap.toFixed(3));
  }

  const figure = {
    initial, strings, controls, reduce, render, readout, summary,
    animate: { key: "zoom", from: 0, to: 6, seconds: 6 },
    model: {
      measure,
      forward: (name, z) => MAPS[name].f(z),
      jacobian: (name, z) => MAPS[name].jacobian(z),
    },
  };
  NF.register("zoom", figure);
})(globalThis.NFInteractive);
