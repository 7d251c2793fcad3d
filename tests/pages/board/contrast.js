// The texts within a node that have less contrast than 4.5:1 with what lies behind them, as [text, ratio]. One function.
(root) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  // any colour that CSS knows, over what is there, as the browser itself mixes it
  const over = (below, colour) => {
    pen.globalCompositeOperation = "copy";
    pen.fillStyle = `rgb(${below.join(" ")})`;
    pen.fillRect(0, 0, 1, 1);
    pen.globalCompositeOperation = "source-over";
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const parent = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const behind = (node) => {
    const path = [];
    for (let each = node; each; each = parent(each)) path.unshift(each);
    return path.reduce((below, each) => over(below, getComputedStyle(each).backgroundColor), [255, 255, 255]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const low = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const node = text.parentElement;
    if (!text.textContent.trim() || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    let faded = 1;
    for (let each = node; each; each = parent(each)) faded *= Number(getComputedStyle(each).opacity);
    const ground = behind(node);
    const ink = over(ground, getComputedStyle(node).color).map((part, place) => part * faded + ground[place] * (1 - faded));
    const [bright, dark] = [light(ink), light(ground)].sort((one, other) => other - one);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) low.push([`${node.className}: ${text.textContent.slice(0, 40)}`, Math.round(ratio * 100) / 100]);
  }
  return low;
}
