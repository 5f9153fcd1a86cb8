package planted

// diskBugs are about what is durable when a host says so.
var diskBugs = []bug{
	{
		name: "log that is never synced", breaks: "what Sync returned is on disk",
		file: "bftcore/hostlog/fs_linux.go", line: "return ignoringEINTR(func() error { return unix.Fdatasync(int(f.Fd())) })", instead: "return nil",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "segment without a name", breaks: "a new segment's name is durable before records go there",
		file: "bftcore/hostlog/segment.go", line: "		err = fsys.SyncDir(dir)", instead: "		err = nil",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "body that is not synced", breaks: "a body's bytes are durable before its name",
		file: "mailstore/blob/writer.go", line: "	if err := w.f.Sync(); err != nil {", instead: "	if err := error(nil); err != nil {",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "body without a name", breaks: "a body's name is durable when it is confirmed",
		file: "mailstore/blob/writer.go", line: "return errors.Join(w.f.Close(), syncDir(folder))", instead: "return w.f.Close()",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "store that is not synced", breaks: "a flush is synced",
		file: "mailstore/kv/open.go", line: "NoSync: o.noSync,", instead: "NoSync: true,",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "folder without a mark", breaks: "a host's folder is made durably",
		file: "cmd/internal/host/mark.go", line: "return errors.Join(err, f.Sync(), f.Close(), syncFolder(dir))", instead: "return errors.Join(err, f.Close())",
		pkg: "cmd/internal/host", test: "TestPreparedFolderSurvivesPowerLoss",
	},
	{
		name: "full disk that goes unnoticed", breaks: "a host that cannot store a body stops",
		file: "bftcore/node/bodies_arrive.go", line: "			s.failed = err", instead: "			_ = err",
		pkg: "bftcore/node", test: "TestFullDiskStopsTheHost",
	},
}
