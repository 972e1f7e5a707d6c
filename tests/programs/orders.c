/*
 * The program of `make demo`: knows nothing of ttlog. Two workers price orders; one order names a customer that does not exist.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

struct customer {
	const char *name;
	double discount;
};

struct order {
	int id;
	const char *customer;
	double amount;
};

static const struct customer customers[] = {{"ada", 0.10}, {"grace", 0.05}, {"linus", 0.00}};

static const struct order orders[] = {
	{1001, "ada", 120.00}, {1002, "linus", 15.50}, {1003, "grace", 99.90}, {1004, "ken", 42.00}, {1005, "ada", 7.25},
};

static const struct customer *find_customer(const char *name)
{
	for (size_t i = 0; i < sizeof(customers) / sizeof(customers[0]); i++) {
		if (strcmp(customers[i].name, name) == 0)
			return &customers[i];
	}
	fprintf(stderr, "warning: no customer '%s'\n", name);
	return NULL;
}

static double price(const struct order *order)
{
	const struct customer *customer = find_customer(order->customer);
	return order->amount * (1.0 - customer->discount);
}

static void *worker(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		printf("order %d: %s pays %.2f\n", orders[i].id, orders[i].customer, price(&orders[i]));
		syslog(LOG_INFO, "order %d done", orders[i].id);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	printf("pricing %zu orders\n", sizeof(orders) / sizeof(orders[0]));
	pthread_create(&thread, NULL, worker, NULL);
	pthread_join(thread, NULL);
	puts("all orders priced");
	return 0;
}
