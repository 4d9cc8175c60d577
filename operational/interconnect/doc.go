// Package interconnect holds organisations, their workspaces and the connections between vendors and partners.
// What each side sees of the other is the wall's business: a vendor sees its partners and its own number, tier and
// region for each; a partner sees its vendors; neither sees anyone else's connections.
package interconnect
