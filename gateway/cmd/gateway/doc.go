// Command gateway serves a member's REST API to the consortium's ledger.
//
//	gateway --config FILE                  serve until SIGINT or SIGTERM
//	gateway config check --config FILE     say what is wrong with a configuration
//	gateway model check --config FILE      compare the read model with the ledger, row by row
//	gateway model rebuild --config FILE    make the read model anew from the ledger
//	gateway token create --file FILE --name NAME --identity IDENTITY [--expires-in 2160h]
//	                                       make a bearer token and print it, once
//	gateway token list --file FILE         what tokens there are
//	gateway token revoke --file FILE --name NAME
//	gateway openapi [--output FILE]        print the OpenAPI document
//	gateway verify --receipt FILE [--tx ID] --ca MEMBER=FILE... [--orderers N] [--roles-unnamed]
//	                                       check a receipt offline and say what it proves
package main
