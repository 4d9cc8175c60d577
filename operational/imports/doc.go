// Package imports takes a CRM's export into the workspaces of a vendor and its partners.
package imports
