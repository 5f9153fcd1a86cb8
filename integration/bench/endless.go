package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// slice is how long one step of endless takes.
const slice = 10 * time.Second

// endless sends small requests until so many are answered, and says at each step how large processes and folders are.
func endless(requests, clients, size int, disk bool) error {
	c, err := runInWorkplace(disk)
	if err != nil {
		return err
	}
	defer c.end()
	file := filepath.Join(c.dir, "cluster", "cluster.json")
	for answered := 0.0; answered < float64(requests); {
		r, err := measure(c.servers, clients, size, slice)
		if err != nil {
			return err
		}
		answered += r.Rate * slice.Seconds()
		var report struct{ Replicas []struct{ Executed uint64 } }
		if _, err := status(c.binaries, file, &report); err != nil {
			return err
		}
		orders := uint64(0)
		for _, r := range report.Replicas {
			orders = max(orders, r.Executed)
		}
		hosts, enclaves := 0, 0
		for i, pid := range c.processes.pids() {
			now, _, err := residentPeak(pid)
			if err != nil {
				return err
			}
			if largest := []*int{&hosts, &enclaves}[i%2]; now > *largest {
				*largest = now
			}
		}
		bytes, err := folderSize(filepath.Join(c.dir, "cluster", "host-0"))
		if err != nil {
			return err
		}
		fmt.Printf("%9.0f requests in %8d orders, %6.0f a second, p99 %5.1f ms: largest host %5.1f MiB, largest enclave %5.1f MiB, folder of host 0 %5.1f MiB\n",
			answered, orders, r.Rate, r.P99, float64(hosts)/1024, float64(enclaves)/1024, float64(bytes)/(1<<20))
	}
	return nil
}

// folderSize is how many bytes the files below a folder have.
func folderSize(folder string) (total int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return nil // it was removed meanwhile
		}
		total += info.Size()
		return nil
	})
	return total, err
}
