// Package dashboards turns rows into charts: options for ECharts, built with go-echarts, and the finding in words that
// stands for the picture. It queries nothing, reads no clock and knows no page; tests compare options as JSON.
//
// Decided:
//   - Only the option is taken from go-echarts. Its own rendering writes scripts and styles into the page and does not
//     escape, which neither our content security policy nor names typed by users allow.
//   - What a tooltip shows is text formatted by the caller, beside the option under "tips". So the figure under the
//     pointer is the figure in the table, and the browser formats axes only.
//   - "drills" holds an address per mark; a chart without it does not react to clicks.
//   - Values are float64 here, for lengths of marks only. Exact amounts stay decimals in the texts.
package dashboards
