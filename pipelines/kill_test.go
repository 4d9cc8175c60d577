package pipelines_test

const victimFile = "SHAREPARTNER_TEST_VICTIM"

func victim(string) int { return 0 }
