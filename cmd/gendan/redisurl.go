package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
)

// redisURL makes the client for an address: redis://, rediss:// or unix:// for one server,
// redis+sentinel://[:password@]host:port[,host:port…]/master[/db] for Sentinel, and several redis://
// addresses separated by commas for a Cluster.
func redisURL(address string) (redis.UniversalClient, error) {
	if rest, ok := strings.CutPrefix(address, "redis+sentinel://"); ok {
		return sentinel(rest)
	}
	if strings.Contains(address, ",") {
		o := &redis.ClusterOptions{}
		for _, one := range strings.Split(address, ",") {
			if !strings.Contains(one, "://") {
				one = "redis://" + one
			}
			p, err := redis.ParseURL(strings.TrimSpace(one))
			if err != nil {
				return nil, hideAddress(err)
			}
			o.Addrs = append(o.Addrs, p.Addr)
			o.Username, o.Password, o.TLSConfig = p.Username, p.Password, p.TLSConfig
		}
		return redis.NewClusterClient(o), nil
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, hideAddress(err)
	}
	return redis.NewClient(o), nil
}

func sentinel(rest string) (redis.UniversalClient, error) {
	user, hosts := "", rest
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, hosts = rest[:i], rest[i+1:]
	}
	addresses, path, ok := strings.Cut(hosts, "/")
	if !ok || path == "" {
		return nil, errors.New("redis+sentinel:// needs the master's name: redis+sentinel://host:port,host:port/mymaster")
	}
	master, db, _ := strings.Cut(path, "/")
	o := &redis.FailoverOptions{MasterName: master, SentinelAddrs: strings.Split(addresses, ",")}
	if user != "" {
		name, password, _ := strings.Cut(user, ":")
		o.Username = name
		var err error
		if o.Password, err = url.PathUnescape(password); err != nil {
			return nil, errors.New("redis+sentinel://: the password is not escaped properly")
		}
	}
	if db != "" {
		if _, err := fmt.Sscanf(db, "%d", &o.DB); err != nil {
			return nil, fmt.Errorf("redis+sentinel://: database %q is no number", db)
		}
	}
	return redis.NewFailoverClient(o), nil
}

// hideAddress keeps the parser's complaint without the address, which may hold a password.
func hideAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
