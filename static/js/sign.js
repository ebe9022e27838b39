// The page a customer signs on, a classic script for whatever browser opens a link: what was drawn goes into the form.
(function () {
  'use strict';

  /** Side of the box strokes are kept in. */
  var BOX = 10000;
  /** What the server takes at most. */
  var MOST_POINTS = 4000;

  var SignaturePad = /** @type {any} */ (window).SignaturePad;
  var form = /** @type {HTMLFormElement | null} */ (document.querySelector('[data-sign]'));
  var found = form && form.querySelector('canvas');
  if (!form || !found || !window.PointerEvent || !SignaturePad) return;
  var canvas = found;
  var field = /** @type {HTMLInputElement} */ (form.elements.namedItem('strokes'));
  var pad = new SignaturePad(canvas, { minWidth: 1, maxWidth: 3.2, minDistance: 1.5 });

  /** @type {number[][][]} as they are sent: [x, y, milliseconds since the first point, pressure in thousandths] */
  var strokes = read();
  /** On the pad's clock: when the first point was drawn; NaN: none was since the page was opened. */
  var began = NaN;

  /** What was drawn before the server found something missing. @returns {number[][][]} */
  function read() {
    try {
      var kept = JSON.parse(field.value);
      return Array.isArray(kept) ? kept : [];
    } catch (_error) {
      return [];
    }
  }

  /** Pixels a unit of the box has: the longer side of the pad is the whole box. */
  function scale() {
    return Math.max(canvas.offsetWidth, canvas.offsetHeight) / BOX;
  }

  /** @param {number} value */
  function inBox(value) {
    return Math.min(BOX, Math.max(0, Math.round(value)));
  }

  /** When the last point was drawn, milliseconds since the first. */
  function lastMs() {
    var stroke = strokes[strokes.length - 1];
    var point = stroke && stroke[stroke.length - 1];
    return point ? Number(point[2]) : 0;
  }

  /** The stroke that has just ended. */
  function take() {
    var groups = pad.toData();
    var points = groups[groups.length - 1].points;
    if (isNaN(began)) began = points[0].time - lastMs();
    var by = scale();
    strokes.push(points.map(function (/** @type {{x: number, y: number, time: number, pressure: number}} */ point) {
      return [inBox(point.x / by), inBox(point.y / by), Math.max(0, Math.round(point.time - began)), Math.round(Math.min(1, point.pressure || 0) * 1000)];
    }));
    thin();
    field.value = JSON.stringify(strokes);
  }

  /** A long mark loses every second point, again if need be; thousands of dots lose the last. */
  function thin() {
    for (var before = count(); before > MOST_POINTS; before = count()) {
      strokes = strokes.map(half);
      if (count() === before) strokes.pop();
    }
  }

  function count() {
    return strokes.reduce(function (sum, stroke) { return sum + stroke.length; }, 0);
  }

  /** Every second point, and the last. @param {number[][]} stroke */
  function half(stroke) {
    return stroke.filter(function (_point, index) { return index % 2 === 0 || index === stroke.length - 1; });
  }

  /** The pad got its size, or another one. */
  function draw() {
    var ratio = window.devicePixelRatio || 1;
    var by = scale();
    canvas.width = Math.round(canvas.offsetWidth * ratio);
    canvas.height = Math.round(canvas.offsetHeight * ratio);
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).scale(ratio, ratio);
    pad.penColor = getComputedStyle(canvas).color;
    pad.clear();
    pad.fromData(strokes.map(function (stroke) {
      return { points: stroke.map(function (point) {
        return { x: Number(point[0]) * by, y: Number(point[1]) * by, time: Number(point[2]), pressure: Number(point[3]) / 1000 };
      }) };
    }));
  }

  pad.addEventListener('endStroke', take);
  window.addEventListener('resize', draw);
  Array.prototype.forEach.call(form.querySelectorAll('[data-clear]'), function (button) {
    button.addEventListener('click', function () {
      strokes = [];
      began = NaN;
      field.value = '';
      draw();
    });
  });
  Array.prototype.forEach.call(form.querySelectorAll('[data-pad], [data-needs-pad]'), function (part) { part.hidden = false; });
  draw();
})();
