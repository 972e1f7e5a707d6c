puts "puts 1 ä"
print "print ", 2, "\n"
$stderr.puts "standard error 3"
STDOUT.flush
STDOUT.syswrite "syswrite 4\n"
warn "warn 5"
p :inspect => [6]
puts "long " + "x" * 9000
def inner() raise "backtrace 7" end
inner
