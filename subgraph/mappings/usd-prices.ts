import { Address } from "@graphprotocol/graph-ts";

import { UsdFeed, UsdTick } from "../generated/schema";
import { OrionPriceReported } from "../generated/UsdPrices/UsdPrices";
import { loadProtocol } from "./lib/protocol";

export function handleOrionPriceReported(event: OrionPriceReported): void {
  const p = event.params;
  const feed = loadFeed(event.address);
  feed.price = p.price;
  feed.updatedAt = p.updatedAt;
  feed.reportedAt = event.block.timestamp;
  feed.reportCount++;
  feed.save();

  // The index numbers ticks itself and gives them the time of their block.
  const tick = new UsdTick(0);
  // Candles are grouped by it: without a group, graph-node has a row of nulls for an hour without a report, and refuses the question.
  tick.feed = feed.id;
  tick.price = p.price;
  tick.updatedAt = p.updatedAt;
  tick.save();
}

/** The feed's row; one that is made here has no price until its caller sets it. */
function loadFeed(address: Address): UsdFeed {
  const known = UsdFeed.load(address);
  if (known !== null) return known;
  const feed = new UsdFeed(address);
  feed.reportCount = 0;
  const protocol = loadProtocol();
  protocol.usdFeed = address;
  protocol.save();
  return feed;
}
