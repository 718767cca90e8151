// Boxes over a picture or video, in per cent of its sides.
export const round = (value) => Math.round(value * 100) / 100;
export const within = (value, least, most) => Math.min(Math.max(value, least), most);

export function corners({ x, y, width, height }) {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

export const holds = (box, [x, y]) => x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;

// The box moved and resized so that it lies in the whole, and is at least so large.
export function inside(box, least) {
  const width = within(box.width, least, 100);
  const height = within(box.height, least, 100);
  return { x: within(box.x, 0, 100 - width), y: within(box.y, 0, 100 - height), width, height };
}

// The sides that one corner at a point gives, while the opposite one stays.
export function sidesTo(opposite, corner, [x, y], least) {
  const left = corner === 0 || corner === 3;
  const above = corner < 2;
  return {
    width: within(left ? opposite[0] - x : x - opposite[0], least, left ? opposite[0] : 100 - opposite[0]),
    height: within(above ? opposite[1] - y : y - opposite[1], least, above ? opposite[1] : 100 - opposite[1]),
  };
}

// The box of these sides whose corner opposite to ``corner`` lies there.
export function boxFrom(opposite, corner, { width, height }) {
  const left = corner === 0 || corner === 3;
  const above = corner < 2;
  return { x: left ? opposite[0] - width : opposite[0], y: above ? opposite[1] - height : opposite[1], width, height };
}
