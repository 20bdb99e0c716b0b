package namecard

import (
	"regexp"
	"strings"
)

var (
	mailForm    = regexp.MustCompile(`(?i)[a-z0-9][a-z0-9._%+\-]*\s?@\s?[a-z0-9][a-z0-9\-]*(?:\s?[.,·]\s?[a-z0-9\-]+)+`)
	websiteForm = regexp.MustCompile(`(?i)(?:https?\s?:\s?/\s?/\s?)?(?:www\s?[.,]\s?)?[a-z0-9][a-z0-9\-]*(?:\s?\.\s?[a-z0-9\-]+)+(?:/[^\s，。、|]*)?`)
)

// tops are the ends of domains that business cards have.
var tops = map[string]bool{
	"com": true, "cn": true, "net": true, "org": true, "edu": true, "gov": true, "cc": true, "co": true, "io": true, "ai": true, "hk": true, "tw": true, "mo": true,
	"info": true, "biz": true, "me": true, "top": true, "vip": true, "xyz": true, "tech": true, "shop": true, "store": true, "group": true, "ltd": true, "link": true,
	"eu": true, "de": true, "uk": true, "us": true, "jp": true, "kr": true, "sg": true, "fr": true, "it": true, "in": true, "asia": true, "mobi": true, "tv": true, "club": true,
	"site": true, "online": true, "cloud": true, "dev": true, "app": true, "pro": true, "work": true, "ru": true, "au": true, "ca": true, "my": true, "th": true, "vn": true,
	"example": true,
}

// misreadTops are ends that do not exist and what they were.
var misreadTops = map[string]string{
	"corn": "com", "con": "com", "c0m": "com", "corm": "com", "coml": "com", "corni": "com", "comn": "com", "oom": "com",
	"ne1": "net", "nel": "net", "nct": "net", "crn": "cn", "cri": "cn", "cnl": "cn", "0rg": "org", "orq": "org",
}

// providers are domains of mail that many people use; a domain that only looks like one of them was misread.
var providers = []string{"163.com", "126.com", "qq.com", "gmail.com", "139.com", "sina.com", "sina.cn", "sohu.com", "hotmail.com", "outlook.com", "foxmail.com", "yeah.net", "aliyun.com", "189.cn", "vip.163.com", "vip.qq.com", "yahoo.com", "icloud.com", "live.com", "21cn.com"}

// mailsIn finds mail addresses and where they stand.
func mailsIn(text string) (mails []string, spans [][]int) {
	for _, m := range mailForm.FindAllStringIndex(text, -1) {
		if mail, ok := repairedMail(text[m[0]:m[1]]); ok {
			mails = append(mails, mail)
			spans = append(spans, m)
		}
	}
	return mails, spans
}

// repairedMail is a mail address with what a domain proves put right; ok is false when its domain cannot exist.
func repairedMail(s string) (string, bool) {
	s = strings.NewReplacer(" ", "", ",", ".", "·", ".").Replace(s)
	if at := strings.IndexByte(s, '@'); at > 1 && s[at-1] == 'Q' && s[:at-1] == strings.ToLower(s[:at-1]) {
		s = s[:at-1] + s[at:] // the sign was read twice: a capital stands nowhere else
	}
	s = strings.ToLower(s)
	user, host, ok := strings.Cut(s, "@")
	if !ok || user == "" {
		return "", false
	}
	host, ok = repairedHost(host)
	if !ok {
		return "", false
	}
	for _, p := range providers {
		if host != p && skeleton(host) == skeleton(p) {
			host = p
		}
	}
	return strings.TrimRight(user, ".-") + "@" + host, true
}

// repairedHost is a domain that exists, as far as its end tells.
func repairedHost(host string) (string, bool) {
	labels := strings.Split(strings.Trim(host, ".-"), ".")
	if len(labels) < 2 {
		return "", false
	}
	last := len(labels) - 1
	for i := last; i >= 1; i-- {
		if right, ok := misreadTops[labels[i]]; ok && (i == last || i == last-1 && labels[last] == "cn" && right == "com") {
			labels[i] = right
		}
	}
	for _, l := range labels {
		if l == "" {
			return "", false
		}
	}
	return strings.Join(labels, "."), tops[labels[last]]
}

// skeleton is s with everything alike that a reader of pictures takes for one another.
func skeleton(s string) string {
	return strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "0", "o", "1", "l", "i", "l", "|", "l", "5", "s", "8", "b", "9", "q", "g", "q", "2", "z").Replace(strings.ToLower(s))
}

// provenByWebsite takes a mail's domain for the website's when they differ only in what is misread.
func provenByWebsite(mail, website string) string {
	user, host, ok := strings.Cut(mail, "@")
	site := strings.TrimPrefix(hostOf(website), "www.")
	if !ok || site == "" || host == site || skeleton(host) != skeleton(site) {
		return mail
	}
	return user + "@" + site
}

func hostOf(website string) string {
	website = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(website), "https://"), "http://")
	host, _, _ := strings.Cut(website, "/")
	return host
}

// websitesIn finds addresses of websites: what begins with http or www, or what a label promises to be one.
func websitesIn(text string, labelled bool) (sites []string, spans [][]int) {
	for _, m := range websiteForm.FindAllStringIndex(text, -1) {
		raw := strings.ReplaceAll(text[m[0]:m[1]], " ", "")
		lower := strings.ToLower(raw)
		scheme := strings.HasPrefix(lower, "http")
		lower = strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(lower, "https://"), "http://"), "www,", "www.")
		host, path, _ := strings.Cut(lower, "/")
		if !scheme && !strings.HasPrefix(host, "www.") && !labelled || m[0] > 0 && text[m[0]-1] == '@' {
			continue
		}
		if host, ok := repairedHost(host); ok && strings.ContainsFunc(host, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
			if path != "" {
				host += "/" + path
			}
			sites = append(sites, host)
			spans = append(spans, m)
		}
	}
	return sites, spans
}
