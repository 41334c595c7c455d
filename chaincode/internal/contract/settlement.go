package contract

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/account"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Accounts is the contract for money.
type Accounts struct{ base }

// Issue makes money of the caller's member.
func (*Accounts) Issue(ctx Context, r waymark.IssueRequest) (*waymark.Payment, error) {
	return do(ctx, r, account.Issue)
}

// Transfer pays out of notes of the caller's member.
func (*Accounts) Transfer(ctx Context, r waymark.TransferMoneyRequest) (*waymark.Payment, error) {
	return do(ctx, r, account.Transfer)
}

// Redeem ends money that came back to its issuer.
func (*Accounts) Redeem(ctx Context, r waymark.RedeemRequest) (*waymark.Payment, error) {
	return do(ctx, r, account.Redeem)
}

// Currency returns how much of a currency there is.
func (*Accounts) Currency(ctx Context, q waymark.CurrencyQuery) (*waymark.Currency, error) {
	return do(ctx, q, account.Currency)
}

// Notes returns notes of the caller's member.
func (*Accounts) Notes(ctx Context, q waymark.NotesQuery) (*waymark.Notes, error) {
	return do(ctx, q, account.Notes)
}

// Payment returns what the caller's member did with money.
func (*Accounts) Payment(ctx Context, q waymark.PaymentQuery) (*waymark.Payment, error) {
	return do(ctx, q, account.Payment)
}

// Settlement is the contract for what shipments are paid.
type Settlement struct{ base }

// Propose stores terms with both parties.
func (*Settlement) Propose(ctx Context, r waymark.ProposeTermsRequest) (*waymark.StoredTerms, error) {
	return do(ctx, r, settlement.Propose)
}

// Agree notes that a party agrees to terms.
func (*Settlement) Agree(ctx Context, r waymark.AgreeTermsRequest) (*waymark.Agreement, error) {
	return do(ctx, r, settlement.Agree)
}

// Purge removes a party's copy of the terms.
func (*Settlement) Purge(ctx Context, r waymark.PurgeTermsRequest) (*waymark.StoredTerms, error) {
	return do(ctx, r, settlement.Purge)
}

// Terms returns the terms as a party has them.
func (*Settlement) Terms(ctx Context, q waymark.SettlementQuery) (*waymark.TermsView, error) {
	return do(ctx, q, settlement.Terms)
}

// Fund puts money into escrow.
func (*Settlement) Fund(ctx Context, r waymark.FundEscrowRequest) (*waymark.Escrow, error) {
	return do(ctx, r, settlement.Fund)
}

// Settle works out what is due.
func (*Settlement) Settle(ctx Context, r waymark.SettleRequest) (*waymark.SettleResult, error) {
	return do(ctx, r, settlement.Settle)
}

// Pay pays out what is settled.
func (*Settlement) Pay(ctx Context, r waymark.EscrowRequest) (*waymark.Payout, error) {
	return do(ctx, r, settlement.Pay)
}

// Refund gives the payer its money back.
func (*Settlement) Refund(ctx Context, r waymark.EscrowRequest) (*waymark.Payout, error) {
	return do(ctx, r, settlement.Refund)
}

// Dispute opens a dispute.
func (*Settlement) Dispute(ctx Context, r waymark.OpenDisputeRequest) (*waymark.Dispute, error) {
	return do(ctx, r, settlement.Dispute)
}

// AddEvidence adds to a dispute.
func (*Settlement) AddEvidence(ctx Context, r waymark.AddEvidenceRequest) (*waymark.Dispute, error) {
	return do(ctx, r, settlement.AddEvidence)
}

// Withdraw ends a dispute by who opened it.
func (*Settlement) Withdraw(ctx Context, r waymark.WithdrawDisputeRequest) (*waymark.Dispute, error) {
	return do(ctx, r, settlement.Withdraw)
}

// Resolve ends a dispute by its arbiter.
func (*Settlement) Resolve(ctx Context, r waymark.ResolveDisputeRequest) (*waymark.Dispute, error) {
	return do(ctx, r, settlement.Resolve)
}

// Get returns all that is public of a settlement.
func (*Settlement) Get(ctx Context, q waymark.SettlementQuery) (*waymark.SettlementView, error) {
	return do(ctx, q, settlement.Get)
}
