package clickhouse_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
)

// authority is a private CA.
type authority struct {
	own *x509.Certificate
	key *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{own: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "private CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}}
	var err error
	a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	a.own.Raw, err = x509.CreateCertificate(rand.Reader, a.own, a.own, a.key.Public(), a.key)
	require.NoError(t, err)
	return a
}

// signs gives a server a certificate for loopback, or for another name.
func (a authority) signs(t *testing.T, names ...string) *tls.Config {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: names, NotBefore: a.own.NotBefore, NotAfter: a.own.NotAfter}
	if len(names) == 0 {
		c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	raw, err := x509.CreateCertificate(rand.Reader, c, a.own, key.Public(), a.key)
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
}

// The variables by which the test goes on in a process of its own: which CAs are trusted is read once in the life of one.
const (
	trustedVariable = "SHAREPARTNER_TEST_TLS"
	namedVariable   = "SHAREPARTNER_TEST_TLS_NAMED"
)

// TestOverTLS trusts a server whose certificate is signed by a CA that the operator has named, and no other.
func TestOverTLS(t *testing.T) {
	if trusted, named := os.Getenv(trustedVariable), os.Getenv(namedVariable); trusted != "" {
		trusts(t, trusted)
		distrusts(t, named, "certificate that is not trusted", "tls_server_name")
		trusts(t, named+"&tls_server_name=figures.example")
		return
	}
	server, ca := chtest.Server(t), newAuthority(t)
	over := func(config *tls.Config) string {
		address, err := url.Parse(chtest.NewURL(t))
		require.NoError(t, err)
		address.RawQuery = "secure=true"
		if config != nil {
			address.Host = chtest.NewRelay(t, server.Address(), config).Address()
		}
		return address.String()
	}
	trusted, named := over(ca.signs(t)), over(ca.signs(t, "figures.example"))
	distrusts(t, trusted, "certificate that is not trusted", "SSL_CERT_DIR")
	distrusts(t, over(nil), "does not speak TLS", "WAREHOUSE_URL")
	trusts(t, trusted+"&skip_verify=true")

	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.own.Raw}), 0o600))
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOverTLS$")
	again.Env = append(os.Environ(), "SSL_CERT_DIR="+folder, trustedVariable+"="+trusted, namedVariable+"="+named)
	said, err := again.CombinedOutput()
	require.NoError(t, err, "%s", said)
}

// trusts says that an address can be worked with.
func trusts(t *testing.T, address string) {
	t.Helper()
	require.NoError(t, clickhouse.Preflight(t.Context(), clickhouse.Options{URL: address}))
	s, b := openAt(t, address), newBusiness()
	require.NoError(t, s.Reset(t.Context()))
	b.win(2)
	b.Load(t.Context(), t, s)
	holds(t, s, b.won)
}

// distrusts says that an address is refused in words, which is nothing to wait for.
func distrusts(t *testing.T, address string, words ...string) {
	t.Helper()
	_, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: address})
	for _, err := range []error{err, clickhouse.Preflight(t.Context(), clickhouse.Options{URL: address})} {
		require.ErrorIs(t, err, warehouse.ErrRefused)
		require.NotErrorIs(t, err, warehouse.ErrAway)
		for _, w := range words {
			require.ErrorContains(t, err, w)
		}
		secret, _ := url.Parse(address)
		password, _ := secret.User.Password()
		require.NotContains(t, err.Error(), password)
	}
}
