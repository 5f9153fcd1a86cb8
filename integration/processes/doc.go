// Package processes runs whole clusters as an operator does: `troxymail init`, a host and an enclave process
// for each replica, `troxymail account add`, and mail clients at all replicas. Its tests kill, stop, restart
// and misconfigure them, take their power, fill their disks, make syncs fail and part their networks. Those of disks and
// networks take root, /dev/fuse and what deploy/dev/install-clients.sh installs, and fail without.
//
// It knows the program by its commands, its files and its ports alone: of this module it imports only
// integration/demo and integration/ledger, which do the same, and in tests the disks of integration/forgetful.
package processes
