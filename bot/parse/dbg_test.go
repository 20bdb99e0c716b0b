package parse
import ("testing";"fmt";"time";"os")
func TestDbg(t *testing.T){
 now,_:=time.Parse(time.RFC3339,"2026-11-18T10:00:00+08:00")
 v:=compiled(nil)
 s:=newScan(newLine(os.Getenv("U")),now,v)
 for _,c:=range s.clauses(){ fmt.Println(c.text); for _,h:=range v.match(c){fmt.Println(h.action,h.weight,s.said(h.i,h.j),v.pack.Phrases[h.phrase].Pattern)}; fmt.Println(s.choose(c,v.match(c)))}
 fmt.Printf("%+v\n",Parse(os.Getenv("U"),now,nil))
}
