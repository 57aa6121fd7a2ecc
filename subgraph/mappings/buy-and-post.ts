import { BoughtAndPosted } from "../generated/BuyAndPost/BuyAndPost";
import { Purchase } from "../generated/schema";
import { eventId } from "./lib/bytes";

export function handleBoughtAndPosted(event: BoughtAndPosted): void {
  const p = event.params;
  const purchase = new Purchase(eventId(event));
  purchase.job = p.jobId;
  purchase.payer = p.payer;
  purchase.tokenIn = p.tokenIn;
  purchase.amountIn = p.amountIn;
  purchase.escrow = p.escrow;
  purchase.timestamp = event.block.timestamp;
  purchase.block = event.block.number;
  purchase.transaction = event.transaction.hash;
  purchase.save();
}
