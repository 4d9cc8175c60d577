package views

import (
	"image/color"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is the empty border that readers of QR codes want, in modules.
const quiet = 4

// qrPath draws a text as the path of an SVG whose units are modules: sharp at any size, and no image to fetch.
func qrPath(text string) (side int, path string) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil { // longer than a QR code holds: there is the key to type
		return 0, ""
	}
	var b strings.Builder
	size := code.Bounds().Dx()
	for y := range size {
		for x := range size {
			if code.At(x, y) == color.Black {
				b.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	return size + 2*quiet, b.String()
}

// inGroups parts a long key, so that it can be read and typed.
func inGroups(key string) string {
	var parts []string
	for len(key) > 4 {
		parts, key = append(parts, key[:4]), key[4:]
	}
	return strings.Join(append(parts, key), " ")
}
