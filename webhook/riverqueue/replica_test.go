package riverqueue_test

const replicaVariable = "RIVERQUEUE_TEST_REPLICA"

func replica(dsn string) error { return nil }
