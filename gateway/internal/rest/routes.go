package rest

import "slices"

// The tags that group the operations.
const (
	tagMembers   = "members"
	tagDevices   = "devices"
	tagMessages  = "messages"
	tagCommands  = "commands"
	tagGoods     = "goods"
	tagShipments = "shipments"
	tagPolicies  = "policies"
	tagLedger    = "ledger"
	tagSystem    = "system"

	tagAuthorities = "device authorities"
	tagTransfers   = "device transfers"

	tagMoney      = "money"
	tagSettlement = "settlement"
	tagEvents     = "events"
	tagSearch     = "search"

	tagLeases = "leases"
)

// routes is the table of everything this gateway serves.
func routes() []route {
	return slices.Concat(
		memberRoutes(), deviceRoutes(), telemetryRoutes(), commandRoutes(), goodsRoutes(), shipmentRoutes(), handoffRoutes(),
		policyRoutes(), grantRoutes(), ledgerRoutes(), systemRoutes(),
		authorityRoutes(), transferRoutes(),
		profileRoutes(),
		excursionRoutes(),
		accountRoutes(), settlementRoutes(), disputeRoutes(),
		journeyRoutes(), titleRoutes(),
		offlineRoutes(),
		eventRoutes(),
		webhookRoutes(),
		leaseRoutes(),
		searchRoutes(),
		readingRoutes(),
		pageRoutes(),
	)
}
